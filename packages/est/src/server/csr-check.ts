import { type CertificateRequest, challengePasswordOf, parseCsr, publicKeySpec, requestedExtensions } from '@capfkit/pki'
import { decodeBase64 } from '../wire/base64.ts'
import { Refused } from './refusals.ts'

/** A request that was read: its form is right. */
export type CheckedCsr = {
  readonly csr: CertificateRequest
  readonly challengePassword: string | undefined
  readonly subjectAltName: ReturnType<typeof requestedExtensions>['subjectAltName']
}

type Rules = {
  /** Of a key that the server will not use it is not asked (RFC 7030 §4.4.1). */
  readonly keyMatters: boolean
  readonly minRsaBits: number
  /** Whether the request must prove that whoever made it has the key. */
  readonly signatureMatters: boolean
}

/** What a log or a certificate store would stumble over; a NUL has made certificates for other names than they seem to be. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u

type Check = (request: CheckedCsr, rules: Rules) => string | undefined

/** In this order; what a check returns is told to the client. */
const CHECKS: readonly Check[] = [
  ({ csr }) => (csr.subject.some(({ value }) => CONTROL.test(value)) ? 'The subject has a control character.' : undefined),
  ({ subjectAltName }) => {
    const names = Object.values(subjectAltName ?? {}).flat()
    return names.some(name => CONTROL.test(name)) ? 'An alternative name has a control character.' : undefined
  },
  ({ csr }, { keyMatters, minRsaBits }) => {
    if (!keyMatters) return undefined
    const spec = publicKeySpec(csr.publicKeyDer)
    return spec.type === 'rsa' && spec.bits < minRsaBits
      ? `The RSA key has ${spec.bits} bits; ${minRsaBits} is the least.`
      : undefined
  },
  ({ csr }, { keyMatters, signatureMatters }) =>
    keyMatters && signatureMatters && !csr.verify() ? 'The signature of the request is not by its key.' : undefined,
]

const readRequest = (der: Buffer): CheckedCsr => {
  const csr = parseCsr(der)
  return { csr, challengePassword: challengePasswordOf(csr), subjectAltName: requestedExtensions(csr).subjectAltName }
}

/**
 * The request in a body: PKCS#10 in base64 of any layout, with a good signature where one matters, a key that is known and large enough, and names
 * that can be printed.
 *
 * @throws {Refused} `badBase64`, `badCsr`, with what is wrong.
 */
export const checkCsr = (body: Buffer, rules: Rules): CheckedCsr => {
  const der = decodeBase64(body)
  if (!der) throw new Refused('badBase64', { detail: 'The body is not base64.' })
  try {
    const request = readRequest(der)
    for (const check of CHECKS) {
      const detail = check(request, rules)
      if (detail !== undefined) throw new Refused('badCsr', { detail })
    }
    return request
  } catch (cause) {
    if (cause instanceof Refused) throw cause
    throw new Refused('badCsr', { detail: 'It cannot be read, or its key is of a kind that is not known.', cause })
  }
}
