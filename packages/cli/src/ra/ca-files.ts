import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { parseAddress } from '@capfkit/listen'
import {
  type CertificateAndKey,
  CertificateIssuer,
  certificateAndKey,
  createSelfSigned,
  generateKeyPair,
  parseKeySpec,
  parseName,
  readCertificateAndKey,
  writePrivateFile,
} from '@capfkit/pki'
import type { Io } from '../io.ts'
import { makeOutFolder } from '../out-folder.ts'
import { writeOutput } from '../output-file.ts'
import type { StartOptions } from './options.ts'

/** What is left in the folder of `--out`. */
export const FILES = {
  ca: 'ca.pem',
  caKey: 'ca-key.pem',
  errorLog: 'error.log',
  serviceLog: 'nginx.txt',
  requests: 'requests',
  pending: 'pending',
} as const

/** A slow clock on the other side must not see a certificate that is not valid yet. */
const BACKDATE_MS = 3_600_000

const makeCa = async ({ caName, caKey }: StartOptions, { folder, io }: { folder: string; io: Io }): Promise<void> => {
  const subject = parseName(caName)
  const keyPair = await generateKeyPair(parseKeySpec(caKey))
  const notBefore = new Date(io.now().getTime() - BACKDATE_MS)
  const ca = certificateAndKey(await createSelfSigned({ profile: 'enterpriseCa', subject, keyPair, notBefore }), keyPair.privateKey)
  // The key first: a certificate without its key would be of no use to anybody.
  await writePrivateFile({ file: join(folder, FILES.caKey), data: ca.keyPem })
  await writeOutput({ file: join(folder, FILES.ca), data: Buffer.from(ca.certificatePem), io })
}

/** The CA of the folder, made where there is none: what it has issued stays good when the server starts again. */
export const folderCa = async (
  options: StartOptions,
  { folder, io }: { folder: string; io: Io },
): Promise<{ ca: CertificateAndKey; made: boolean }> => {
  await makeOutFolder(folder)
  const [file, keyFile] = [join(folder, FILES.ca), join(folder, FILES.caKey)]
  const made = !existsSync(file)
  if (made) await makeCa(options, { folder, io })
  return { ca: readCertificateAndKey(file, keyFile), made }
}

/** The certificate for TLS: the one that is named, or a new one of the CA. */
export const serverCertificate = async (
  options: StartOptions,
  { ca, io }: { ca: CertificateAndKey; io: Io },
): Promise<CertificateAndKey> => {
  if (options.certificate !== undefined) return readCertificateAndKey(options.certificate, options.key)
  const names = [...new Set(['localhost', '127.0.0.1', parseAddress(options.listen).host, ...options.host])]
  const keyPair = await generateKeyPair(parseKeySpec('ec:p256'))
  const issuer = CertificateIssuer.create({ ...ca, profile: 'webServer', now: () => io.now() })
  const { certificateDer } = await issuer.issue({
    subject: [{ type: 'CN', value: options.host[0] ?? 'localhost' }],
    publicKeyDer: keyPair.publicKeyDer,
    subjectAltName: { dns: names.filter(name => !isIP(name)), ip: names.filter(name => isIP(name)) },
  })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}
