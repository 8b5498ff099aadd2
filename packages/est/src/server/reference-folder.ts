import { access, constants, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, writePrivateFile } from '@capfkit/pki'
import { EstError } from '../errors.ts'

/** What a CA called a request that it has not decided, e.g. its number, and for the reader of the file whose request it is. */
export type Reference = { readonly reference: string; readonly subject: string }

/** Where references are while nobody asks for their request; by who asks for what, as 64 hexadecimal digits. */
export type References = {
  get(key: string): string | undefined
  /** Also when it is known: somebody has come for it. */
  set(key: string, reference: Reference): void
  delete(key: string): void
}

export type ReferenceFolderInit = {
  readonly folder: string
  /** Those for which nobody has come for so long are forgotten when the folder is opened, ms. */
  readonly maxAgeMs: number
  readonly now: () => Date
  /** A file could not be written: after a restart the CA would be asked anew. */
  readonly onError: (error: unknown) => void
}

const NAME = /^([0-9a-f]{64})\.json$/
/** No reference of ours is longer. */
const MAX_BYTES = 65_536

const referenceIn = (text: string): string | undefined => {
  try {
    const { reference } = JSON.parse(text) as { reference?: unknown }
    return typeof reference === 'string' ? reference : undefined
  } catch {
    return undefined
  }
}

/**
 * References as small files of a folder, so that a registration authority that was started again asks for the requests of before
 * by their numbers, and does not submit them once more. The files are *ours* [EST-5.2].
 */
export class ReferenceFolder implements References, AsyncDisposable {
  readonly #init: ReferenceFolderInit
  readonly #known: Map<string, string>
  /** One after the other, or a file could be removed before it is written. */
  #work: Promise<void> = Promise.resolve()

  private constructor(init: ReferenceFolderInit, known: Map<string, string>) {
    this.#init = init
    this.#known = known
  }

  /** @throws {EstError} `EST_FOLDER_UNUSABLE` */
  static async open(init: ReferenceFolderInit): Promise<ReferenceFolder> {
    const { folder } = init
    try {
      await makeFolder(folder, 0o700)
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
      return new ReferenceFolder(init, await readFolder(init))
    } catch (cause) {
      throw new EstError('EST_FOLDER_UNUSABLE', { where: folder, cause, detail: (cause as Error).message })
    }
  }

  get(key: string): string | undefined {
    return this.#known.get(key)
  }

  set(key: string, { reference, subject }: Reference): void {
    const isNew = this.#known.get(key) !== reference
    this.#known.set(key, reference)
    const data = `${JSON.stringify({ version: 1, reference, subject })}\n`
    const file = this.#file(key)
    const at = this.#init.now()
    this.#then(() => (isNew ? writePrivateFile({ file, data }) : utimes(file, at, at)))
  }

  delete(key: string): void {
    if (this.#known.delete(key)) this.#then(() => rm(this.#file(key), { force: true }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work
  }

  #file(key: string): string {
    return join(this.#init.folder, `${key}.json`)
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#init.onError)
  }
}

const readFolder = async ({ folder, maxAgeMs, now }: ReferenceFolderInit): Promise<Map<string, string>> => {
  const known = new Map<string, string>()
  for (const name of await readdir(folder)) {
    const key = NAME.exec(name)?.[1]
    const file = join(folder, name)
    const { size, mtimeMs } = await stat(file)
    if (key === undefined || size > MAX_BYTES) continue
    if (now().getTime() - mtimeMs > maxAgeMs) {
      await rm(file, { force: true })
      continue
    }
    const reference = referenceIn(await readFile(file, 'utf8'))
    if (reference !== undefined) known.set(key, reference)
  }
  return known
}
