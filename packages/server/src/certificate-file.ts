import type { KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { derToPem, newCapfCa, parseCertificate, pemToDer, privateKeyPem, readPrivateKey, writePrivateFile } from '@capfkit/pki'
import { ServerError } from './errors.ts'

/** A certificate with its key, parsed once. */
export type CertificateAndKey = { certificateDer: Buffer; privateKey: KeyObject; certificatePem: string; keyPem: string }

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ServerError('SERVER_CERTIFICATE_UNREADABLE', file, { cause })
  }
}

/**
 * Read a certificate and its key from one PEM file or from two.
 *
 * @throws {ServerError} `SERVER_CERTIFICATE_UNREADABLE`, `SERVER_CERTIFICATE_INVALID`.
 */
export const readCertificateAndKey = (certificateFile: string, keyFile = certificateFile): CertificateAndKey => {
  const certificateText = read(certificateFile)
  const keyText = read(keyFile)
  try {
    const [certificateDer] = pemToDer(certificateText)
    if (!certificateDer) throw new Error('there is no certificate in it')
    const { privateKey, publicKeyDer } = readPrivateKey(keyText)
    if (!publicKeyDer.equals(parseCertificate(certificateDer).publicKeyDer))
      throw new Error('the key is not that of the certificate')
    return { certificateDer, privateKey, certificatePem: derToPem(certificateDer), keyPem: privateKeyPem(privateKey) }
  } catch (cause) {
    throw new ServerError('SERVER_CERTIFICATE_INVALID', certificateFile, { cause })
  }
}

/** Make a self-signed CAPF certificate, `CN=CAPF-<8 hex>`, valid for five years [CAPF-1.6]. */
export const newCertificateAndKey = async (now: Date): Promise<CertificateAndKey> => {
  const { certificateDer, keyPair } = await newCapfCa({ now: () => now })
  const { privateKey } = keyPair
  return { certificateDer, privateKey, certificatePem: derToPem(certificateDer), keyPem: privateKeyPem(privateKey) }
}

/** The pair in `file`, or a new one written there (certificate, then PKCS#8 key, mode 0600). */
export const readOrMakeCertificate = async (file: string, now: Date): Promise<CertificateAndKey & { made: boolean }> => {
  if (existsSync(file)) return { ...readCertificateAndKey(file), made: false }
  const made = await newCertificateAndKey(now)
  try {
    await writePrivateFile({ file, data: made.certificatePem + made.keyPem })
  } catch (cause) {
    throw new ServerError('SERVER_CERTIFICATE_UNREADABLE', file, { cause })
  }
  return { ...made, made: true }
}
