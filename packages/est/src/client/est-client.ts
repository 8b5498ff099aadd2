import { createPrivateKey, randomBytes as cryptoRandomBytes, hash } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import type { Address } from '@capfkit/listen'
import {
  type CertificateAndKey,
  type CsrAttrs,
  type CsrWishes,
  PkiError,
  parseCsr,
  parseCsrAttrs,
  publicKeyDerOf,
  requestWishes,
} from '@capfkit/pki'
import { EstError } from '../errors.ts'
import type { Credentials } from '../http-auth/authenticator.ts'
import { encodeBase64 } from '../wire/base64.ts'
import { isMediaType } from '../wire/media-type.ts'
import { readMultipart } from '../wire/multipart.ts'
import { MEDIA_TYPES, OPERATIONS, type OperationName } from '../wire/operations.ts'
import { bytesOf, certificateFor, certificatesIn, decodedBytes, refusalOf } from './answers.ts'
import { type Asked, Conversation } from './conversation.ts'
import { type CsrSource, makeCsr } from './csr-source.ts'
import type { Answer } from './exchange.ts'
import { EST_CLIENT_OPTIONS, type EstClientOptions } from './options.ts'
import type { AllowRedirect } from './redirect.ts'
import type { ServerTrust } from './server-trust.ts'

export type EstClientInit = {
  readonly server: Address
  /** The CA to ask for, where a server has several (RFC 7030 §3.2.2). */
  readonly label?: string
  /** Who the server must be: see `trustAnchors`. */
  readonly trust: ServerTrust
  /** For Basic and Digest; sent only when it was asked for, over a connection to a server that is authorised. */
  readonly credentials?: Credentials
  /** For TLS client authentication, and for renewals the certificate that is renewed. */
  readonly certificate?: CertificateAndKey
  /** Values of {@link EST_CLIENT_OPTIONS}. */
  readonly options?: Partial<EstClientOptions>
  readonly allowRedirect?: AllowRedirect
  /** How names become addresses: that of the system without it. */
  readonly lookup?: LookupFunction
  readonly now?: () => Date
  readonly randomBytes?: (size: number) => Buffer
}

/** A certificate, DER, and the others that came with it, in their order. `bodyBytes`: the answer as it was sent, in base64. */
export type Enrolled = { readonly certificateDer: Buffer; readonly others: readonly Buffer[]; readonly bodyBytes: number }

/** A key that the server made: PKCS#8 in DER, or EnvelopedData where it was asked to encrypt it. */
export type ServerMadeKey = Enrolled & { readonly privateKeyDer?: Buffer; readonly encryptedKeyDer?: Buffer }

export type AskOptions = { readonly signal?: AbortSignal }

/** `waitMs`: how long to go on asking while the CA has not decided. Default 0: the first 202 is an error. */
export type EnrolOptions = AskOptions & { readonly waitMs?: number }

/**
 * The client side of EST (RFC 7030, 8951, 9908). Every method throws an {@link EstError} when it does not do what it says.
 *
 * `using client = new EstClient({ … })` closes its connections at the end of the block.
 */
export class EstClient implements Disposable {
  readonly #options: EstClientOptions
  readonly #now: () => Date
  readonly #conversation: Conversation

  /** @throws {OptionError} */
  constructor(init: EstClientInit) {
    this.#options = parseOptions(EST_CLIENT_OPTIONS, init.options)
    this.#now = init.now ?? (() => new Date())
    this.#conversation = new Conversation({
      ...init,
      options: this.#options,
      now: this.#now,
      randomBytes: init.randomBytes ?? cryptoRandomBytes,
    })
  }

  /**
   * A client that knows nothing yet but the SHA-256 fingerprint of its CA, hexadecimal: it asks for the CA certificates over a
   * connection that it does not trust, logs in nowhere, and trusts the one with this fingerprint from then on (RFC 7030 §4.1.1).
   *
   * @throws {EstError} `EST_FINGERPRINT_MISMATCH`, and all that asking can bring.
   */
  static async bootstrap(
    init: Omit<EstClientInit, 'trust'>,
    { fingerprint, signal }: AskOptions & { readonly fingerprint: string },
  ): Promise<EstClient> {
    const wanted = fingerprint.replace(/[:\s]/g, '').toLowerCase()
    const { credentials: _, certificate: __, ...anonymous } = init
    using stranger = new EstClient({ ...anonymous, trust: { kind: 'provisional' } })
    const anchor = (await stranger.caCerts(signal ? { signal } : {})).find(der => hash('sha256', der, 'hex') === wanted)
    if (!anchor) throw new EstError('EST_FINGERPRINT_MISMATCH', { where: stranger.#where('cacerts'), detail: wanted })
    return new EstClient({ ...init, trust: { kind: 'anchors', anchors: [anchor] } })
  }

  /** The certificates of the CA and those above it, DER, in no order: RFC 7030 §4.1, `GET cacerts`. */
  async caCerts({ signal }: AskOptions = {}): Promise<Buffer[]> {
    const answer = await this.#ask('cacerts', signal ? { signal } : {})
    return certificatesIn(this.#bytes(answer, 'cacerts'), { where: this.#where('cacerts') })
  }

  /** What requests should have: RFC 7030 §4.5 and RFC 9908, `GET csrattrs`; `undefined` where the server does not say. */
  async csrAttrs({ signal }: AskOptions = {}): Promise<{ readonly attrs: CsrAttrs; readonly wishes: CsrWishes } | undefined> {
    const answer = await this.#conversation.ask('csrattrs', signal ? { signal } : {})
    if (answer.status === 204 || answer.status === 404) return undefined
    const der = this.#bytes(this.#successful(answer, 'csrattrs'), 'csrattrs')
    try {
      const attrs = parseCsrAttrs(der)
      return { attrs, wishes: requestWishes(attrs) }
    } catch (cause) {
      throw this.#unreadable('csrattrs', cause)
    }
  }

  /**
   * A certificate for the key of a request: RFC 7030 §4.2.1, `POST simpleenroll`. When it is aborted, the CA may still have
   * issued: there is no way to ask.
   */
  simpleEnroll(csr: CsrSource, options: EnrolOptions = {}): Promise<Enrolled> {
    return this.#enrol('simpleenroll', { csr, options })
  }

  /** As {@link simpleEnroll}, for the subject of the certificate that the client logs in with: RFC 7030 §4.2.2. */
  simpleReenroll(csr: CsrSource, options: EnrolOptions = {}): Promise<Enrolled> {
    return this.#enrol('simplereenroll', { csr, options })
  }

  /** A key and a certificate that the server makes: RFC 7030 §4.4. Of the request only subject and attributes count. */
  async serverKeyGen(csr: CsrSource, options: EnrolOptions = {}): Promise<ServerMadeKey> {
    const where = this.#where('serverkeygen')
    const { answer } = await this.#sendCsr('serverkeygen', { csr, options })
    const { status, headers, body } = answer
    if (!isMediaType(headers['content-type'], MEDIA_TYPES.multipart)) bytesOf(answer, { type: MEDIA_TYPES.multipart, where })
    const parts = readMultipart(headers['content-type'], body)
    if (parts?.length !== 2) throw new EstError('EST_BAD_ANSWER', { where, status, detail: 'not a body of two parts' })
    const [keyPart, certificatePart] = parts as [(typeof parts)[0], (typeof parts)[0]]
    const key = decodedBytes(keyPart.body, { where, status })
    const certificates = certificatesIn(decodedBytes(certificatePart.body, { where, status }), { where })
    const isPlain = isMediaType(keyPart.headers.get('content-type'), MEDIA_TYPES.pkcs8)
    if (!isPlain) {
      const [certificateDer, ...others] = certificates as [Buffer, ...Buffer[]]
      return { encryptedKeyDer: key, certificateDer, others, bodyBytes: body.length }
    }
    return { privateKeyDer: key, ...certificateFor(this.#publicKeyOf(key), { certificates, where }), bodyBytes: body.length }
  }

  /** A full CMC request and whatever comes back, both DER, not looked into: RFC 7030 §4.3. */
  async fullCmc(requestDer: Buffer, { signal }: AskOptions = {}): Promise<Buffer> {
    const answer = await this.#conversation.ask('fullcmc', {
      contentType: OPERATIONS.fullcmc.body,
      body: async () => encodeBase64(requestDer, 'lines64'),
      ...(signal ? { signal } : {}),
    })
    return this.#bytes(this.#successful(answer, 'fullcmc'), 'fullcmc')
  }

  /** Closes the connections that are kept. */
  [Symbol.dispose](): void {
    this.#conversation[Symbol.dispose]()
  }

  async #enrol(operation: 'simpleenroll' | 'simplereenroll', what: { csr: CsrSource; options: EnrolOptions }): Promise<Enrolled> {
    const { answer, publicKeyDer } = await this.#sendCsr(operation, what)
    const where = this.#where(operation)
    const certificates = certificatesIn(this.#bytes(answer, operation), { where })
    return { ...certificateFor(publicKeyDer, { certificates, where }), bodyBytes: answer.body.length }
  }

  /** Sends a request until there is an answer other than 202, or the time for waiting is up. */
  async #sendCsr(
    operation: OperationName,
    { csr, options: { signal, waitMs = 0 } }: { csr: CsrSource; options: EnrolOptions },
  ): Promise<{ answer: Answer; publicKeyDer: Buffer }> {
    const where = this.#where(operation)
    const until = this.#now().getTime() + waitMs
    let sent: Buffer | undefined
    const asked = {
      contentType: MEDIA_TYPES.pkcs10,
      body: async (socket: TLSSocket) => {
        sent = await makeCsr(csr, { socket, binding: this.#options.proofOfPossession, where })
        return encodeBase64(sent, 'lines64')
      },
      ...(signal ? { signal } : {}),
    }
    for (;;) {
      try {
        const answer = await this.#ask(operation, asked)
        return { answer, publicKeyDer: parseCsr(sent!).publicKeyDer }
      } catch (error) {
        if (!(error instanceof EstError) || error.code !== 'EST_PENDING') throw error
        const pauseMs = this.#pauseMs(error)
        if (this.#now().getTime() + pauseMs > until) throw error
        await delay(pauseMs, undefined, signal ? { signal } : {}).catch(cause => {
          throw new EstError('EST_ABORTED', { where, cause })
        })
      }
    }
  }

  /** How long to wait before the same question: what the server says, within reason. */
  #pauseMs({ retryAfterMs = 0 }: EstError): number {
    const { minRetryAfterMs, maxRetryAfterMs } = this.#options
    return Math.min(Math.max(retryAfterMs, minRetryAfterMs), maxRetryAfterMs)
  }

  async #ask(operation: OperationName, asked: Asked): Promise<Answer> {
    return this.#successful(await this.#conversation.ask(operation, asked), operation)
  }

  #successful(answer: Answer, operation: OperationName): Answer {
    if (answer.status !== 200) throw refusalOf(answer, { where: this.#where(operation), now: this.#now() })
    return answer
  }

  #bytes(answer: Answer, operation: OperationName): Buffer {
    return bytesOf(answer, { type: OPERATIONS[operation].answer, where: this.#where(operation) })
  }

  #where(operation: OperationName): string {
    return this.#conversation.where(operation)
  }

  #publicKeyOf(privateKeyDer: Buffer): Buffer {
    try {
      return publicKeyDerOf(createPrivateKey({ key: privateKeyDer, format: 'der', type: 'pkcs8' }))
    } catch (cause) {
      throw this.#unreadable('serverkeygen', cause)
    }
  }

  #unreadable(operation: OperationName, cause: unknown): EstError {
    const detail = cause instanceof PkiError ? cause.message : 'the key cannot be read'
    return new EstError('EST_BAD_ANSWER', { where: this.#where(operation), detail, cause })
  }
}
