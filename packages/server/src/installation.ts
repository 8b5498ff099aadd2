import { createHash } from 'node:crypto'
import { DIGEST_TYPE, type MessageOf } from '@capfkit/codec/capf'
import { certifiedKey, type KeySpec } from '@capfkit/pki'
import { IssueError } from './issuers/issue-error.ts'
import { mustFitFrame } from './issuers/issued.ts'
import type { Issued, Issuer } from './issuers/issuer.ts'
import type { SessionEvent } from './machine.ts'

/** What came of asking the CA: the event for the machine, and why there is no certificate. */
type Answer = { event: SessionEvent; detail?: string }

/** One install, from the key that the phone is told to make to its certificate. */
export class Installation {
  readonly keySpec: KeySpec
  /** SubjectPublicKeyInfo, DER, of the phone's key. */
  publicKeyDer: Buffer | undefined
  /** What the phone was asked to sign, and the request that it became. */
  infoDer: Buffer | undefined
  csrDer: Buffer | undefined
  issued: Issued | undefined
  readonly #issuer: Issuer
  /** Only there while the CA is asked: to abort costs more than it looks. */
  #asking: AbortController | undefined

  constructor(init: { issuer: Issuer; keySpec: KeySpec; issued?: Issued | undefined }) {
    this.#issuer = init.issuer
    this.keySpec = init.keySpec
    this.issued = init.issued
    if (init.issued) this.publicKeyDer = certifiedKey(init.issued.certificateDer)
  }

  /** The digest of the request, for the phone to sign [CAPF-3.7]. */
  signRequest(about: { sessionId: number; deviceName: string }): MessageOf<'SIGN_CERTIFICATE_REQUEST'> {
    const { sessionId, deviceName } = about
    this.infoDer = this.#issuer.requestInfo!({ deviceName, publicKeyDer: this.publicKeyDer! })
    const signedData = createHash('sha256').update(this.infoDer).digest()
    return { name: 'SIGN_CERTIFICATE_REQUEST', sessionId, digestType: DIGEST_TYPE.SHA256, signedData }
  }

  /** Ask the CA. Never rejects. */
  async ask(deviceName: string): Promise<Answer> {
    try {
      this.#asking = new AbortController()
      const { signal } = this.#asking
      const signed = this.csrDer ? { csrDer: this.csrDer } : {}
      this.issued = await this.#issuer.issue({ deviceName, publicKeyDer: this.publicKeyDer!, ...signed, signal })
      mustFitFrame(this.issued.certificateDer)
      return { event: { name: 'CA_CERT_REP' } }
    } catch (error) {
      const known = error instanceof IssueError ? error : new IssueError('CA_UNREACHABLE', { cause: error })
      const { comesLater, status, message } = known
      return { event: { name: comesLater ? 'CA_CERT_WAIT' : 'CA_CERT_REJECT', status }, detail: message }
    } finally {
      this.#asking = undefined
    }
  }

  /** Whatever the CA would still answer comes too late for this session. */
  abort(): void {
    this.#asking?.abort()
  }
}
