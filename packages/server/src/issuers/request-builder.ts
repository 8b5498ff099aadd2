import {
  buildCsr,
  buildCsrToBeSigned,
  type CertificateAndKey,
  lscSubject,
  parseCertificate,
  publicKeyDerOf,
  publicKeySpec,
} from '@capfkit/pki'
import { IssueError } from './issue-error.ts'

/** Certificate requests with the subject that an LSC of this server has. */
export class RequestBuilder {
  readonly #certificate: CertificateAndKey
  readonly #options: { readonly subjectModel: string; readonly unsignedRequests: 'refuse' | 'capf-key' }

  constructor(certificate: CertificateAndKey, options: { subjectModel: string; unsignedRequests: 'refuse' | 'capf-key' }) {
    this.#certificate = certificate
    this.#options = options
  }

  /** CertificationRequestInfo, DER: what the phone signs [CAPF-3.7]. */
  info({ deviceName, publicKeyDer }: { deviceName: string; publicKeyDer: Buffer }): Buffer {
    return buildCsrToBeSigned({ subject: this.#subject(deviceName), publicKeyDer })
  }

  /**
   * A request that the phone did not sign: with its public key, signed by the key of the CAPF certificate. It proves nothing of
   * the phone's key, so the CA must not ask for proof of possession.
   *
   * @throws {IssueError} `REQUEST_UNSIGNED` where the configuration does not allow it.
   */
  unsigned({ deviceName, publicKeyDer }: { deviceName: string; publicKeyDer: Buffer }): Promise<Buffer> {
    if (this.#options.unsignedRequests === 'refuse') throw new IssueError('REQUEST_UNSIGNED')
    const { privateKey } = this.#certificate
    const spec = publicKeySpec(publicKeyDerOf(privateKey))
    return buildCsr({ subject: this.#subject(deviceName), keyPair: { spec, privateKey, publicKeyDer } })
  }

  #subject(deviceName: string) {
    const { subjectModel } = this.#options
    const model = subjectModel === '' ? {} : { model: subjectModel }
    return lscSubject({ deviceName, issuer: parseCertificate(this.#certificate.certificateDer).subject, ...model })
  }
}
