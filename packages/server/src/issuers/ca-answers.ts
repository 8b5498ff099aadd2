import { type Certificate, parseCertificate } from '@capfkit/pki'
import type { RequestStore } from '../store/requests.ts'
import type { Trace } from '../trace.ts'
import type { CaCertificates } from './ca-certificates.ts'
import { type EnrolAnswer, LIBEST } from './enrol.ts'
import { IssueError } from './issue-error.ts'
import { issuedOf, keyIdOf } from './issued.ts'
import type { Issued } from './issuer.ts'
import { failureLines, readyLines, signedLines } from './online-lines.ts'

/** Retry-After as libest takes it, 60 s to 48 h; less is asked for in a laboratory only, and once a second is often enough. */
const RETRY_AFTER_MS = { min: 1_000, max: 172_800_000 } as const

/** One request for the CA. */
export type Enrolment = {
  readonly deviceName: string
  readonly csrDer: Buffer
  readonly publicKeyDer: Buffer
  /** It is kept already, under this id: the CA was asked before. */
  readonly id?: number
}

/** A request on its way: kept under `id`, `isNew` when the CA is asked for the first time. */
export type Sent = Enrolment & { readonly id: number; readonly isNew: boolean }

/** What the CA said: a certificate, or to ask again later. */
export type Enrolled = { readonly issued: Issued } | { readonly id: number; readonly retryAfterMs: number }

/** All that came in one answer, DER. */
type Came = { readonly certificatesDer: readonly Buffer[] }

export type CaAnswersInit = {
  requests: RequestStore
  cas: CaCertificates
  now: () => Date
  trace: Trace | undefined
}

/** Nothing for what is no certificate, or a damaged one. */
const readCertificate = (der: Buffer): Certificate | undefined => {
  try {
    return parseCertificate(der)
  } catch {
    return undefined
  }
}

/** The one for this key. Only one that holds these bytes at all is taken apart, to see them in their place. */
const certificateFor = (publicKeyDer: Buffer, certificatesDer: readonly Buffer[]): Certificate | undefined => {
  for (const der of certificatesDer) {
    const certificate = der.includes(publicKeyDer) ? readCertificate(der) : undefined
    if (certificate?.publicKeyDer.equals(publicKeyDer)) return certificate
  }
  return undefined
}

/** What becomes of the answers of a CA: each certificate is matched to its request by the public key, and kept with it. */
export class CaAnswers {
  readonly #init: CaAnswersInit

  constructor(init: CaAnswersInit) {
    this.#init = init
  }

  /** @throws {IssueError} `CA_BAD_ANSWER`, `CA_OTHER_KEY`, `CA_NOT_ISSUER`, `REQUEST_LOST`. */
  async take(sent: Sent, { answer, running }: { answer: EnrolAnswer; running: number }): Promise<Enrolled> {
    const { trace } = this.#init
    const { id, deviceName } = sent
    if (answer.status === 'pending') {
      trace?.write(failureLines(deviceName, { libest: LIBEST.CA_ENROLL_RETRY, running }))
      return { id, retryAfterMs: await this.#postpone(id, answer.retryAfterMs) }
    }
    const { certificatesDer, pkcs7Bytes } = answer
    trace?.write(signedLines(deviceName, pkcs7Bytes))
    const issued = await this.#assign(sent, certificatesDer)
    trace?.write(readyLines(deviceName, running))
    return { issued }
  }

  /** An answer for which the session did not wait. */
  async takeLate(sent: Sent, answer: EnrolAnswer): Promise<void> {
    if (answer.status === 'issued') await this.#assign(sent, answer.certificatesDer)
    else await this.#postpone(sent.id, answer.retryAfterMs)
  }

  /** Somebody has to decide. @returns when the CA is asked again, ms from now. */
  async #postpone(id: number, retryAfterMs: number): Promise<number> {
    const { requests, now } = this.#init
    const pauseMs = Math.min(Math.max(retryAfterMs, RETRY_AFTER_MS.min), RETRY_AFTER_MS.max)
    await requests.postpone(id, now().getTime() + pauseMs)
    return pauseMs
  }

  async #assign({ id, deviceName, publicKeyDer, isNew }: Sent, certificatesDer: readonly Buffer[]): Promise<Issued> {
    const { requests, cas } = this.#init
    const certificate = certificateFor(publicKeyDer, certificatesDer)
    if (certificate) {
      await this.#mustBeByTheCa(certificate, { certificatesDer, forget: isNew ? id : undefined })
      const issued = issuedOf({ certificate, deviceName, requestId: id }, cas.known)
      if (await requests.answer(id, certificate.der)) return issued
      throw new IssueError('REQUEST_LOST', { where: deviceName })
    }
    if (isNew) await requests.remove(id)
    const others = certificatesDer.flatMap(der => readCertificate(der) ?? [])
    for (const other of others) await this.#keepForOlder(other, { deviceName, certificatesDer })
    throw new IssueError(others.length === 0 ? 'CA_BAD_ANSWER' : 'CA_OTHER_KEY')
  }

  /** @throws {IssueError} `CA_NOT_ISSUER`, when the request is forgotten. */
  async #mustBeByTheCa(
    certificate: Certificate,
    { certificatesDer, forget }: Came & { forget: number | undefined },
  ): Promise<void> {
    const { requests, cas } = this.#init
    try {
      const others = certificatesDer.filter(der => !der.equals(certificate.der))
      await cas.mustHaveIssued(certificate, others)
    } catch (error) {
      if (forget !== undefined) await requests.remove(forget)
      throw error
    }
  }

  /** The answer may be the one to an older request of the same phone: then it is a stale LSC. */
  async #keepForOlder(certificate: Certificate, { deviceName, certificatesDer }: Came & { deviceName: string }): Promise<void> {
    const { requests } = this.#init
    const { publicKeyDer, der } = certificate
    const older = (await requests.withKey(keyIdOf(publicKeyDer))).find(kept => kept.deviceName === deviceName)
    if (!older) return
    await this.#mustBeByTheCa(certificate, { certificatesDer, forget: undefined })
    await requests.answer(older.id, der)
  }
}
