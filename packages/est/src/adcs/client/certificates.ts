import { type Certificate, PkiError, parseCertificate, parseCertsOnly, parseCsr, pemToDer } from '@capfkit/pki'
import { AdcsError } from '../errors.ts'
import type { CertsrvAnswer } from './connection.ts'

const SEQUENCE = 0x30

/** @throws {AdcsError} `ADCS_BAD_CSR`: not PKCS#10. Its signature is for the CA to check. */
export const keyOfRequest = (csrDer: Buffer): Buffer => {
  try {
    return parseCsr(csrDer).publicKeyDer
  } catch (cause) {
    throw new AdcsError('ADCS_BAD_CSR', `request of ${csrDer.length} bytes`, { cause })
  }
}

const readable = (ders: readonly Buffer[], where: string): readonly Buffer[] => {
  try {
    for (const der of ders) parseCertificate(der)
    return ders
  } catch (cause) {
    throw new AdcsError('ADCS_NO_CERTIFICATE', where, { cause })
  }
}

/**
 * The certificates in an answer, PEM or DER, whatever its Content-Type, which depends on User-Agent; none where it is a page.
 *
 * @throws {AdcsError} `ADCS_NO_CERTIFICATE` when it looks like one and cannot be read.
 */
export const certificatesOf = ({ body, url }: CertsrvAnswer): readonly Buffer[] => {
  if (body[0] === SEQUENCE) return readable([body], url)
  if (!body.includes('-----BEGIN CERTIFICATE-----')) return []
  try {
    return readable(pemToDer(body), url)
  } catch (cause) {
    throw cause instanceof PkiError ? new AdcsError('ADCS_NO_CERTIFICATE', url, { cause }) : cause
  }
}

/** The certificates in a PKCS#7: DER, or base64 between whatever lines a CA puts around it. @throws {AdcsError} `ADCS_NO_CERTIFICATE` */
export const chainOf = ({ body, url }: CertsrvAnswer): readonly Buffer[] => {
  const base64 = body[0] === SEQUENCE ? undefined : body.toString('latin1').replace(/-----[^-]*-----/g, '')
  try {
    return readable(parseCertsOnly(base64 === undefined ? body : Buffer.from(base64, 'base64')), url)
  } catch (cause) {
    throw cause instanceof PkiError ? new AdcsError('ADCS_NO_CERTIFICATE', url, { cause }) : cause
  }
}

/** Phones register with certificates that may sign, and decipher keys; those of EC agree on keys instead. */
const NEEDED = [['digitalSignature'], ['keyEncipherment', 'keyAgreement']] as const

/** `ADCS_KEY_USAGE` for a certificate that a phone cannot register with; one that names no usage may do everything. */
export const unfitFor = ({ extensions: { keyUsage } }: Certificate, where: string): AdcsError | undefined => {
  if (!keyUsage || NEEDED.every(choice => choice.some(usage => keyUsage.includes(usage)))) return undefined
  return new AdcsError('ADCS_KEY_USAGE', where, { detail: `key usage: ${keyUsage.join(', ') || 'none'}` })
}
