import { PkiError } from './errors.ts'

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----/g
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * Every block with this label, in order; other blocks, and text between, are passed over.
 *
 * @throws {PkiError} `PKI_BAD_PEM` when there is none, or one is not base64.
 */
export const pemToDer = (pem: string | Buffer, label = 'CERTIFICATE'): Buffer[] => {
  const blocks: Buffer[] = []
  for (const [, found, body = ''] of pem.toString('latin1').matchAll(BLOCK)) {
    if (found !== label) continue
    const base64 = body.replace(/\s+/g, '')
    if (!BASE64.test(base64)) throw new PkiError('PKI_BAD_PEM', { where: `${label} ${blocks.length + 1}` })
    blocks.push(Buffer.from(base64, 'base64'))
  }
  if (blocks.length === 0) throw new PkiError('PKI_BAD_PEM', { where: label })
  return blocks
}

/** RFC 7468 text: one block each, 64 characters a line. */
export const derToPem = (der: Buffer | readonly Buffer[], label = 'CERTIFICATE'): string =>
  (Buffer.isBuffer(der) ? [der] : der)
    .map(bytes => `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`)
    .join('')

/** Certificates from a file that may be PEM (one or more) or one DER. @throws {PkiError} `PKI_BAD_PEM` */
export const certificatesFromFile = (bytes: Buffer): Buffer[] => (bytes[0] === 0x30 ? [bytes] : pemToDer(bytes))
