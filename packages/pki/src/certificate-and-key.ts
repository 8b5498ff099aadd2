import type { KeyObject } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parseCertificate } from './certificate.ts'
import { PkiError } from './errors.ts'
import { privateKeyPem, readPrivateKey } from './keys.ts'
import { derToPem, pemToDer } from './pem.ts'

/** A certificate with its key, parsed once; the PEM forms are what TLS wants. */
export type CertificateAndKey = { certificateDer: Buffer; privateKey: KeyObject; certificatePem: string; keyPem: string }

/** No certificate and key fill this. */
const MAX_FILE_BYTES = 1_048_576

const readStart = (file: string): string => {
  const bytes = Buffer.alloc(MAX_FILE_BYTES)
  try {
    const descriptor = openSync(file, 'r')
    try {
      let length = 0
      // A pipe gives its bytes in pieces.
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(descriptor, bytes, length, bytes.length - length, null)
      return bytes.toString('utf8', 0, length)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw new PkiError('PKI_FILE_UNREADABLE', { where: file, cause })
  }
}

/** What reading a file refuses names the file. */
const inFile = <T>(file: string, read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof PkiError ? new PkiError(cause.code, { where: file, cause }) : cause
  }
}

/** The pair as it is kept in memory. */
export const certificateAndKey = (certificateDer: Buffer, privateKey: KeyObject): CertificateAndKey => ({
  certificateDer,
  privateKey,
  certificatePem: derToPem(certificateDer),
  keyPem: privateKeyPem(privateKey),
})

/**
 * Read the first certificate and its key from one PEM file or from two; nothing beyond the first MiB is looked at.
 *
 * @throws {PkiError} `PKI_FILE_UNREADABLE`, `PKI_BAD_PEM`, `PKI_BAD_CERTIFICATE`, `PKI_BAD_PRIVATE_KEY`, `PKI_KEY_MISMATCH`,
 *   each with the file in `where`.
 */
export const readCertificateAndKey = (certificateFile: string, keyFile = certificateFile): CertificateAndKey => {
  const certificateText = readStart(certificateFile)
  const keyText = keyFile === certificateFile ? certificateText : readStart(keyFile)
  const certificateDer = inFile(certificateFile, () => pemToDer(certificateText)[0]!)
  const certified = inFile(certificateFile, () => parseCertificate(certificateDer).publicKeyDer)
  const { privateKey, publicKeyDer } = inFile(keyFile, () => readPrivateKey(keyText))
  if (!publicKeyDer.equals(certified)) throw new PkiError('PKI_KEY_MISMATCH', { where: keyFile })
  return certificateAndKey(certificateDer, privateKey)
}
