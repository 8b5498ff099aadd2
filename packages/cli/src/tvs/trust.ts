import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ROLE_NAMES, ROLES } from '@capfkit/codec/tvs'
import { CertificateStore, type TrustedCertificate } from '@capfkit/tvs'
import { certificatesIn } from '../certificate-files.ts'
import { MistakesError } from '../errors.ts'

/** What `--trust` says: which roles the certificates of a file or folder have. */
export type TrustRule = { readonly roles: readonly number[]; readonly file: string }

/** What in a folder is taken for a certificate. */
const CERTIFICATE_FILE = /\.(?:pem|crt|cer|der)$/i

const roleOf = (text: string): number | undefined => {
  const name = ROLE_NAMES.find(known => known.toLowerCase() === text.toLowerCase())
  if (name) return ROLES[name].number
  return /^\d{1,3}$/.test(text) && Number(text) <= 0xff ? Number(text) : undefined
}

/** `capf=capf.pem`, `sast,tftp=callmanager.pem`, `21=tvs/`. @throws {MistakesError} that lists every mistake. */
export const trustRules = (given: readonly string[]): TrustRule[] => {
  const mistakes: string[] = []
  const rules = given.flatMap((text): TrustRule[] => {
    const at = text.indexOf('=')
    const roles = text.slice(0, Math.max(at, 0)).split(',').map(roleOf)
    const file = text.slice(at + 1)
    const known = roles.filter(role => role !== undefined)
    if (at > 0 && file !== '' && known.length === roles.length) return [{ roles: known, file }]
    const names = ROLE_NAMES.map(name => name.toLowerCase()).join(', ')
    mistakes.push(`--trust must be ROLE=FILE, got ${JSON.stringify(text)}; roles are ${names}, or a number (CLI_USAGE)`)
    return []
  })
  if (mistakes.length > 0) throw new MistakesError(mistakes)
  return rules
}

const filesOf = async (file: string): Promise<string[]> => {
  const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() ?? false
  if (!isFolder) return [file]
  const names = await readdir(file)
  return names
    .filter(name => CERTIFICATE_FILE.test(name))
    .sort()
    .map(name => join(file, name))
}

/** Read every file of the rules. @throws {CliError} `CLI_FILE_UNREADABLE`, `CLI_BAD_CERTIFICATE_FILE`, … */
export const readStore = async (rules: readonly TrustRule[]): Promise<CertificateStore> => {
  const certificates: TrustedCertificate[] = []
  for (const { roles, file } of rules)
    for (const one of await filesOf(file))
      for (const certificateDer of await certificatesIn(one)) certificates.push({ certificateDer, roles })
  return new CertificateStore(certificates)
}
