import { createHash } from 'node:crypto'
import { access, constants, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  certificatesFromFile,
  commonName,
  derToPem,
  formatName,
  makeFolder,
  PkiError,
  parseCertificate,
  parseCertsOnly,
  parseCsr,
  pemToDer,
  writePrivateFile,
} from '@capfkit/pki'
import { EstError, quoted } from '../errors.ts'

/** A request that waits for its certificate. `name` is that of its file, without the ending. */
export type WaitingCsr = { readonly name: string; readonly subject: string; readonly since: Date }

/** What became of the certificates of an import: names of requests, and subjects of those that fit none. */
export type Imported = { readonly imported: readonly string[]; readonly unmatched: readonly string[] }

const FOLDERS = { csr: 'csr', certificate: 'cert', issued: 'issued' } as const
/** No request is larger than this. */
const MAX_CSR_BYTES = 65_536

const keyHash = (publicKeyDer: Buffer) => createHash('sha256').update(publicKeyDer).digest('hex').slice(0, 16)

/** The name of the device, as far as a file may be called so, and its key: a device with a new key is another request. */
const fileName = ({ subject, publicKeyDer }: Pick<ReturnType<typeof parseCsr>, 'subject' | 'publicKeyDer'>): string => {
  const name = (commonName(subject) ?? 'unnamed').replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 64)
  return `${name}-${keyHash(publicKeyDer)}`
}

/**
 * The folder of an offline CA: requests go out as PEM files in `csr`, certificates come back by import into `cert`, and are in
 * `issued` once their clients have them. What is there survives a restart. As `utils capf csr list|dump|count|delete` and
 * `utils capf cert import` of the product have it; the files are *ours* [EST-5.3].
 */
export class CsrFolder {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws {EstError} `EST_FOLDER_UNUSABLE` */
  static async open(folder: string): Promise<CsrFolder> {
    try {
      for (const name of Object.values(FOLDERS)) {
        await makeFolder(join(folder, name), 0o700)
        await access(join(folder, name), constants.R_OK | constants.W_OK | constants.X_OK)
      }
    } catch (cause) {
      throw new EstError('EST_FOLDER_UNUSABLE', { where: folder, cause, detail: (cause as Error).message })
    }
    return new CsrFolder(folder)
  }

  /** How many requests wait. */
  async count(): Promise<number> {
    return (await this.#names()).length
  }

  /** Every request that waits, by name. */
  async list(): Promise<WaitingCsr[]> {
    const rows: WaitingCsr[] = []
    for (const name of await this.#names()) {
      const { mtime } = await stat(this.#file('csr', name))
      rows.push({ name, subject: formatName(parseCsr(await this.#csr(name)).subject), since: mtime })
    }
    return rows
  }

  /** The requests as PEM, one after the other: what is carried to the CA. Without names all of them. */
  async dump(names?: readonly string[]): Promise<string> {
    const there = await this.#names()
    // A name is a word of a person: only what is in the list becomes part of a path.
    const unknown = names?.find(name => !there.includes(name))
    if (unknown !== undefined)
      throw new EstError('EST_FOLDER_UNUSABLE', { where: this.#folder, detail: `no request ${quoted(unknown)} waits in it` })
    const requests: Buffer[] = []
    for (const name of names ?? there) requests.push(await this.#csr(name))
    return derToPem(requests, 'CERTIFICATE REQUEST')
  }

  /** @returns those that were there. Without names all of them. */
  async delete(names?: readonly string[]): Promise<string[]> {
    const there = await this.#names()
    const gone = names ? there.filter(name => names.includes(name)) : there
    for (const name of gone) await rm(this.#file('csr', name), { force: true })
    return gone
  }

  /**
   * Take certificates in: PEM (one or many), DER or PKCS#7. Each goes to the request for its key, and of several for one key (a
   * pool of simulated phones) to that of its subject; one for no request is left.
   *
   * @throws {PkiError} `PKI_BAD_PEM`, `PKI_BAD_PKCS7`, `PKI_BAD_CERTIFICATE`: none of it is taken then.
   */
  async importCertificates(bytes: Buffer): Promise<Imported> {
    const certificates = certificatesOf(bytes).map(parseCertificate)
    const waiting = Map.groupBy(await this.#names(), name => name.slice(-16))
    const imported: string[] = []
    const unmatched: string[] = []
    for (const { der, publicKeyDer, subject } of certificates) {
      const sameKey = waiting.get(keyHash(publicKeyDer)) ?? []
      const own = fileName({ subject, publicKeyDer })
      const name = sameKey.includes(own) ? own : sameKey.at(-1)
      if (name === undefined) unmatched.push(formatName(subject))
      else {
        await writePrivateFile({ file: this.#file('certificate', name), data: derToPem(der) })
        imported.push(name)
      }
    }
    return { imported, unmatched }
  }

  /** Put a request out, unless it is there already. */
  async put(csrDer: Buffer): Promise<string> {
    const name = fileName(parseCsr(csrDer))
    if ((await this.#names()).includes(name)) return name
    await writePrivateFile({ file: this.#file('csr', name), data: derToPem(csrDer, 'CERTIFICATE REQUEST') })
    return name
  }

  /** The certificate for a request, once it was imported: it is handed out once, and the request is done. */
  async take(csrDer: Buffer): Promise<Buffer | undefined> {
    const name = fileName(parseCsr(csrDer))
    const file = this.#file('certificate', name)
    const pem = await readFile(file, 'latin1').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return undefined
    })
    if (pem === undefined) return undefined
    const [certificateDer] = pemToDer(pem)
    await rename(file, this.#file('issued', name))
    await rm(this.#file('csr', name), { force: true })
    return certificateDer
  }

  #file(kind: keyof typeof FOLDERS, name: string): string {
    return join(this.#folder, FOLDERS[kind], `${name}.${kind === 'csr' ? 'csr' : 'pem'}`)
  }

  async #names(): Promise<string[]> {
    const files = await readdir(join(this.#folder, FOLDERS.csr))
    return files.flatMap(file => (/^[\w-]+-[0-9a-f]{16}\.csr$/.test(file) ? [file.slice(0, -'.csr'.length)] : [])).sort()
  }

  async #csr(name: string): Promise<Buffer> {
    const file = this.#file('csr', name)
    try {
      const bytes = await readFile(file)
      if (bytes.length > MAX_CSR_BYTES) throw new Error('too large')
      return pemToDer(bytes, 'CERTIFICATE REQUEST')[0]!
    } catch (cause) {
      throw new EstError('EST_FOLDER_UNUSABLE', { where: file, cause, detail: (cause as Error).message })
    }
  }
}

const certificatesOf = (bytes: Buffer): Buffer[] => {
  const text = bytes.toString('latin1')
  if (text.includes('-----BEGIN PKCS7-----')) return parseCertsOnly(pemToDer(bytes, 'PKCS7')[0]!)
  if (bytes[0] !== 0x30) return certificatesFromFile(bytes)
  try {
    parseCertificate(bytes)
    return [bytes]
  } catch (error) {
    if (!(error instanceof PkiError)) throw error
    return parseCertsOnly(bytes)
  }
}
