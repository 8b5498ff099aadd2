import { BoundedCache } from './bounded-cache.ts'
import type { SourceFile } from './file-source.ts'

type Kept = { readonly stamp: string; readonly file: SourceFile }
type Coming = { readonly stamp: string; readonly file: Promise<SourceFile | undefined> }

export type Wanted = {
  readonly key: string
  /** What the file was made from: another stamp, another file. */
  readonly stamp: string
  readonly make: () => Promise<SourceFile | undefined>
}

/** Files in memory until their stamp changes. A thousand phones that want one at once have it made once. */
export class FileCache {
  readonly #kept: BoundedCache<Kept>
  readonly #coming = new Map<string, Coming>()

  constructor(maxBytes: number) {
    this.#kept = new BoundedCache(maxBytes)
  }

  /** What `make` throws, or that there is no such file, is not kept. */
  get({ key, stamp, make }: Wanted): Promise<SourceFile | undefined> {
    const kept = this.#kept.get(key)
    if (kept?.stamp === stamp) return Promise.resolve(kept.file)
    const coming = this.#coming.get(key)
    if (coming?.stamp === stamp) return coming.file
    const file = this.#make({ key, stamp, make })
    this.#coming.set(key, { stamp, file })
    return file
  }

  async #make({ key, stamp, make }: Wanted): Promise<SourceFile | undefined> {
    try {
      const file = await make()
      if (file) this.#kept.set(key, { value: { stamp, file }, bytes: file.bytes.length })
      return file
    } finally {
      if (this.#coming.get(key)?.stamp === stamp) this.#coming.delete(key)
    }
  }

  /** Bytes of the files that are kept. */
  get bytes(): number {
    return this.#kept.bytes
  }
}
