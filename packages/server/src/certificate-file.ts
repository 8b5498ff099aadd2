import { existsSync } from 'node:fs'
import {
  type CertificateAndKey,
  certificateAndKey,
  makePrivateFile,
  newCapfCa,
  PkiError,
  readCertificateAndKey,
} from '@capfkit/pki'
import { ServerError } from './errors.ts'

/** Make a self-signed CAPF certificate, `CN=CAPF-<8 hex>`, valid for five years [CAPF-1.6]. */
export const newCertificateAndKey = async (now: Date): Promise<CertificateAndKey> => {
  const { certificateDer, keyPair } = await newCapfCa({ now: () => now })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}

/**
 * The pair in `file`, or a new one written there (certificate, then PKCS#8 key, mode 0600).
 *
 * @throws {PkiError} for a file that holds something else; {ServerError} `SERVER_CERTIFICATE_UNWRITABLE`.
 */
export const readOrMakeCertificate = async (file: string, now: Date): Promise<CertificateAndKey & { made: boolean }> => {
  if (existsSync(file)) return { ...readCertificateAndKey(file), made: false }
  const made = await newCertificateAndKey(now)
  try {
    // Another server may have started at the same moment: whose file is there first has the certificate of both.
    if (!(await makePrivateFile({ file, data: made.certificatePem + made.keyPem })))
      return { ...readCertificateAndKey(file), made: false }
  } catch (cause) {
    if (cause instanceof PkiError) throw cause
    throw new ServerError('SERVER_CERTIFICATE_UNWRITABLE', file, { cause })
  }
  return { ...made, made: true }
}
