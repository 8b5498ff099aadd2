import { createHash } from 'node:crypto'
import { formatName, parseCertificate } from '@capfkit/pki'
import type { Device } from '@capfkit/server'

/** What is watched: the certificate of a device, the CA certificate that issued such, a certificate in a file. */
export const WATCHED_KINDS = {
  lsc: 'LSC',
  issuer: 'issuer of LSCs',
  file: 'certificate',
} as const

export type WatchedKind = keyof typeof WATCHED_KINDS

export type Watched = {
  readonly kind: WatchedKind
  /** The same for the same certificate, another for the one that replaces it. */
  readonly id: string
  /** Name of the device, subject of the certificate. */
  readonly name: string
  /** Where a file has it; `undefined`: from the device store. */
  readonly file: string | undefined
  readonly issuer: string
  readonly notAfter: Date
}

/** What the device table says of a device: its LSC, and who issued that. */
export const watchedOf = ({ name, certificate }: Device): Watched[] => {
  if (!certificate) return []
  const { validUntil, issuerName, issuerValidUntil } = certificate
  return [
    {
      kind: 'lsc',
      id: `lsc ${name.toUpperCase()} ${validUntil.getTime()}`,
      name,
      file: undefined,
      issuer: issuerName,
      notAfter: validUntil,
    },
    {
      ...{ kind: 'issuer', id: `issuer ${issuerName} ${issuerValidUntil.getTime()}`, name: issuerName },
      ...{ file: undefined, issuer: issuerName, notAfter: issuerValidUntil },
    },
  ]
}

/** @throws {PkiError} for what is no certificate. */
export const watchedIn = (file: string, certificateDer: Buffer): Watched => {
  const { subject, issuer, notAfter } = parseCertificate(certificateDer)
  const id = `file ${file} ${createHash('sha256').update(certificateDer).digest('hex')}`
  return { kind: 'file', id, name: formatName(subject), file, issuer: formatName(issuer), notAfter }
}
