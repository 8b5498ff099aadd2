import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  type CertificateAndKey,
  certificateAndKey,
  type KeySpec,
  newServiceCertificate,
  readCertificateAndKey,
  writePrivateFile,
} from '@capfkit/pki'
import { certificatesIn, identify } from '../certificate-files.ts'
import { CliError } from '../errors.ts'
import { type Io, note } from '../io.ts'
import { storeFile } from '../store-file.ts'
import type { SourceOptions } from './options.ts'

/** The certificates of a file service, and those that are made beside the store when nobody names one. */
const KINDS = {
  tftpCertificate: { file: 'tftp.pem', title: 'TFTP', commonName: 'TFTP', keySpec: { type: 'rsa', bits: 2048 } },
  recoveryCertificate: {
    file: 'itlrecovery.pem',
    title: 'ITL recovery',
    commonName: 'ITLRECOVERY',
    keySpec: { type: 'rsa', bits: 2048 },
  },
  httpsCertificate: { file: 'tftp-ec.pem', title: 'HTTPS', commonName: 'TFTP-EC', keySpec: { type: 'ec', curve: 'secp384r1' } },
} as const satisfies Record<string, { file: string; title: string; commonName: string; keySpec: KeySpec }>

export type CertificateKind = keyof typeof KINDS

/** Those that sign files. */
export const SIGNERS = ['tftpCertificate', 'recoveryCertificate'] as const satisfies CertificateKind[]

const folderOf = (store: string): string => dirname(storeFile(store) ?? '.')

const make = async (kind: CertificateKind, { file, now }: { file: string; now: Date }): Promise<CertificateAndKey> => {
  const { commonName, keySpec } = KINDS[kind]
  const subject = [
    { type: 'O' as const, value: 'capfkit' },
    { type: 'CN' as const, value: commonName },
  ]
  const { certificateDer, keyPair } = await newServiceCertificate({ subject, keySpec, now: () => now })
  const made = certificateAndKey(certificateDer, keyPair.privateKey)
  try {
    await writePrivateFile({ file, data: made.certificatePem + made.keyPem })
  } catch (cause) {
    throw new CliError('CLI_FILE_UNWRITABLE', { where: file, cause })
  }
  return made
}

/** The pair that is named, or the one beside the store, made when it is missing; `undefined` where there is neither. */
export const certificateFor = async (
  kind: CertificateKind,
  { options, io }: { options: SourceOptions; io: Io },
): Promise<CertificateAndKey | undefined> => {
  const { title, file: name } = KINDS[kind]
  const { store, [kind]: named } = options
  const file = named ?? (store === undefined ? undefined : join(folderOf(store), name))
  if (file === undefined) return undefined
  const isThere = named !== undefined || existsSync(file)
  const pair = isThere ? readCertificateAndKey(file) : await make(kind, { file, now: io.now() })
  const { subject, sha1, notAfter } = identify(pair.certificateDer)
  note(io, `${isThere ? 'using' : 'made'} the ${title} certificate ${file}: ${subject}, SHA-1 ${sha1}, until ${notAfter}`)
  return pair
}

const firstOf = async (file: string): Promise<Buffer> => (await certificatesIn(file))[0]!

/** The certificates of the CAPF and the TVS servers, DER: the first one of each file. */
export const listedCertificates = async ({ store, capfCertificate, tvsCertificate }: SourceOptions) => {
  const beside = store === undefined ? [] : [join(folderOf(store), 'capf.pem')].filter(file => existsSync(file))
  const capf = capfCertificate.length > 0 ? capfCertificate : beside
  return { CAPF: await Promise.all(capf.map(firstOf)), TVS: await Promise.all(tvsCertificate.map(firstOf)) }
}
