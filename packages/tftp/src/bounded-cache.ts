type Entry<T> = { readonly value: T; readonly bytes: number }

/** Keeps what was used last, up to a number of bytes. */
export class BoundedCache<T> {
  readonly #maxBytes: number
  /** In order of their last use. */
  readonly #entries = new Map<string, Entry<T>>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** What is larger than the whole cache is not kept. */
  set(key: string, entry: Entry<T>): void {
    this.delete(key)
    if (entry.bytes > this.#maxBytes) return
    this.#entries.set(key, entry)
    this.#bytes += entry.bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }

  get bytes(): number {
    return this.#bytes
  }
}
