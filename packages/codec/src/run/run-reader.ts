import { RunError } from './errors.ts'
import { type EntryKind, RUN_FORMAT, RUN_RECORDS, RUN_VERSION, type RunEntry, type RunRecord } from './schema.ts'
import { plainValue, wireType } from './wire.ts'

/** Longer than any entry that a fleet writes: a failed operation with all the bytes that are kept of it. */
export const MAX_ENTRY_BYTES = 1_048_576
/** A length is at most so many bytes long. */
const MAX_VARINT_BYTES = 5

const KINDS = Object.entries(RUN_RECORDS.Entry.fields).map(([kind, { type }]) => ({ kind: kind as EntryKind, type }))

/** Length of the next entry and of the length itself; `undefined` when the bytes end before it does. */
const lengthAt = (bytes: Uint8Array, at: number): { length: number; size: number } | undefined => {
  let length = 0
  for (let size = 1; at + size <= bytes.length; size++) {
    const byte = bytes[at + size - 1]!
    length += (byte & 0x7f) * 2 ** (7 * (size - 1))
    if (byte < 0x80 || size === MAX_VARINT_BYTES) return { length, size }
  }
  return undefined
}

/** Turns the bytes of a run file into entries, in chunks of any size. */
export class RunReader {
  readonly #where: string
  #rest: Uint8Array = new Uint8Array(0)
  #offset = 0
  #header: RunRecord<'Header'> | undefined

  /**
   * @param where  names the file in errors.
   * @param header  of entries that stand by themselves; otherwise the first entry is one.
   */
  constructor(where: string, header?: RunRecord<'Header'>) {
    this.#where = where
    this.#header = header
  }

  /** What was read of the header so far. */
  get header(): RunRecord<'Header'> | undefined {
    return this.#header
  }

  /**
   * The entries that are whole with this chunk. Those of a kind that this version does not know are skipped.
   *
   * @throws {RunError} `RUN_NOT_A_RUN`, `RUN_VERSION`, `RUN_ENTRY_TOO_LONG`, `RUN_BAD_ENTRY`, with the offset of the entry.
   */
  push(chunk: Uint8Array): RunEntry[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const entries: RunEntry[] = []
    let at = 0
    for (;;) {
      const next = lengthAt(bytes, at)
      if (!next) break
      if (next.length > MAX_ENTRY_BYTES) throw this.#error(this.#header ? 'RUN_ENTRY_TOO_LONG' : 'RUN_NOT_A_RUN')
      const end = at + next.size + next.length
      if (end > bytes.length) break
      const entry = this.#decode(bytes.subarray(at + next.size, end))
      if (entry) entries.push(entry)
      this.#offset += end - at
      at = end
    }
    this.#rest = bytes.subarray(at)
    return entries
  }

  /**
   * The file is over. Bytes that are left are a last entry that was being written when its writer was killed: no error.
   *
   * @throws {RunError} `RUN_NOT_A_RUN` when there was not even a header.
   */
  end(): { tornBytes: number } {
    if (!this.#header) throw this.#error('RUN_NOT_A_RUN')
    return { tornBytes: this.#rest.length }
  }

  #error(code: ConstructorParameters<typeof RunError>[0], place: { detail?: string; cause?: unknown } = {}): RunError {
    return new RunError(code, { where: this.#where, offset: this.#offset, ...place })
  }

  #decode(bytes: Uint8Array): RunEntry | undefined {
    let entry: RunEntry | undefined
    try {
      const message = wireType('Entry').decode(bytes)
      const known = KINDS.find(({ kind }) => Object.hasOwn(message, kind))
      if (known) entry = { ...plainValue((message as never)[known.kind], known.type), kind: known.kind } as RunEntry
    } catch (cause) {
      throw this.#error(this.#header ? 'RUN_BAD_ENTRY' : 'RUN_NOT_A_RUN', { cause })
    }
    if (this.#header) return entry
    if (entry?.kind !== 'header' || entry.format !== RUN_FORMAT) throw this.#error('RUN_NOT_A_RUN')
    if (entry.version > RUN_VERSION) throw this.#error('RUN_VERSION', { detail: `version ${entry.version}` })
    this.#header = entry
    return entry
  }
}
