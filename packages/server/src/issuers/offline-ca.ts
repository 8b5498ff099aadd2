import { type Certificate, parseCertificate, TrustStore } from '@capfkit/pki'
import type { RequestStore } from '../store/requests.ts'
import type { Trace } from '../trace.ts'
import { debugLine } from '../trace-lines.ts'
import { IssueError } from './issue-error.ts'
import { keyIdOf } from './issued.ts'
import type { Issued, IssueRequest, Issuer, Resumed } from './issuer.ts'
import type { RequestBuilder } from './request-builder.ts'
import { resumeRequest } from './resume-request.ts'
import { isSignedBy } from './signed-by.ts'

export type OfflineCaIssuerInit = {
  requests: RequestStore
  builder: () => RequestBuilder
  /** Certificates of the CA, DER, where they are known. */
  caCertificates: readonly Buffer[]
  now: () => Date
  trace: Trace | undefined
}

/** LSCs from a CA that an operator carries requests to: they are kept, and the certificates come by import [CAPF-3.8]. */
export class OfflineCaIssuer implements Issuer {
  readonly timeoutMs = 0
  readonly #init: OfflineCaIssuerInit
  readonly #cas: readonly Certificate[]
  readonly #trusted: TrustStore

  constructor(init: OfflineCaIssuerInit) {
    this.#init = init
    this.#cas = init.caCertificates.map(parseCertificate)
    this.#trusted = new TrustStore({ anchors: init.caCertificates })
  }

  requestInfo(subject: Pick<IssueRequest, 'deviceName' | 'publicKeyDer'>): Buffer {
    return this.#init.builder().info(subject)
  }

  async resume(order: Parameters<NonNullable<Issuer['resume']>>[0]): Promise<Resumed | undefined> {
    const { requests, now } = this.#init
    const resumed = await resumeRequest({ ...order, requests, cas: this.#cas, waits: 'REQUEST_KEPT', now })
    return resumed && 'issued' in resumed ? { issued: this.#withWarning(resumed.issued) } : resumed
  }

  /** Whoever imports a certificate has brought it from the CA: one that looks otherwise is installed all the same. */
  #withWarning(issued: Issued): Issued {
    const leaf = parseCertificate(issued.certificateDer)
    if (this.#cas.length === 0 || isSignedBy(leaf, { trusted: this.#trusted, at: this.#init.now() })) return issued
    const warning = 'no CA of --lsc-ca has signed the LSC: the device cannot prove itself with it (ca-unknown)'
    return { ...issued, warning: issued.warning ?? warning }
  }

  readonly issue = async ({ deviceName, publicKeyDer, ...request }: IssueRequest): Promise<Issued> => {
    const { requests, builder, now, trace } = this.#init
    const csrDer = request.csrDer ?? (await builder().unsigned({ deviceName, publicKeyDer }))
    const keyId = keyIdOf(publicKeyDer)
    const id = await requests.keep({ deviceName, csrDer, keyId, createdMs: now().getTime() })
    if (id === undefined) throw new IssueError('REQUEST_LOST', { where: deviceName })
    trace?.write(debugLine(deviceName, 'CA Mode is OfflineCA, CSR is kept until its certificate is imported'))
    throw new IssueError('REQUEST_KEPT')
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
