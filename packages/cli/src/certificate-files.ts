import { createHash } from 'node:crypto'
import { certificatesFromFile, formatName, parseCertificate } from '@capfkit/pki'
import { CliError } from './errors.ts'
import { readBytes } from './files.ts'

const MAX_BYTES = 1_048_576

/** Every certificate in a file, DER. @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_BAD_CERTIFICATE_FILE`. */
export const certificatesIn = async (file: string): Promise<Buffer[]> => {
  const bytes = await readBytes(file, { maxBytes: MAX_BYTES })
  try {
    const certificates = certificatesFromFile(bytes)
    for (const der of certificates) parseCertificate(der)
    return certificates
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new CliError('CLI_BAD_CERTIFICATE_FILE', {
      where: file,
      detail: words,
      remedy: 'give a PEM or DER file with certificates',
      cause,
    })
  }
}

/** What identifies a certificate to an operator. */
export const identify = (der: Buffer): { subject: string; sha1: string; notAfter: string } => {
  const { subject, notAfter } = parseCertificate(der)
  return { subject: formatName(subject), sha1: createHash('sha1').update(der).digest('hex'), notAfter: notAfter.toISOString() }
}
