import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** What was left out of a file, and where it begins. */
export type LeftOut = { readonly why: string; readonly line?: number; readonly count: number }

/** Takes notes of what is left out; the same reason counts up. */
export class LeftOuts {
  readonly #notes = new Map<string, { line: number | undefined; count: number }>()

  note(why: string, line?: number): void {
    const known = this.#notes.get(why)
    if (known) known.count++
    else this.#notes.set(why, { line, count: 1 })
  }

  get all(): readonly LeftOut[] {
    return [...this.#notes].map(([why, { line, count }]) => ({ why, count, ...(line === undefined ? {} : { line }) }))
  }
}

type Head = { readonly first: Buffer; readonly rest: AsyncIterator<Uint8Array> }

const HEAD_BYTES = 4_096

/** Enough of the beginning to see what it is, and the rest. */
const headOf = async (chunks: AsyncIterable<Uint8Array>): Promise<Head> => {
  const rest = chunks[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  for (let bytes = 0; bytes < HEAD_BYTES; ) {
    const { done, value } = await rest.next()
    if (done) break
    parts.push(value)
    bytes += value.length
  }
  return { first: Buffer.concat(parts), rest }
}

async function* whole({ first, rest }: Head): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    for (;;) {
      const { done, value } = await rest.next()
      if (done) return
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
  } finally {
    await rest.return?.()
  }
}

const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b

/** By its mark, or by the NULs of text that is mostly ASCII. */
const utf16Of = (bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, 1_024)
  const nuls = [0, 0]
  for (const [index, byte] of sample.entries()) if (byte === 0) nuls[index % 2]!++
  const many = sample.length / 4
  if (sample.length < 16) return undefined
  if (nuls[1]! > many && nuls[0]! < many / 8) return 'utf-16le'
  return nuls[0]! > many && nuls[1]! < many / 8 ? 'utf-16be' : undefined
}

async function* fromUtf16(bytes: AsyncIterable<Buffer>, encoding: 'utf-16le' | 'utf-16be'): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }))
}

/** What is whole of an archive that breaks off is read. */
async function* gunzipped(bytes: AsyncIterable<Buffer>, leftOuts: LeftOuts): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  const source = Readable.from(bytes)
  source.on('error', error => gunzip.destroy(error))
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Buffer
  } catch (error) {
    leftOuts.note(`the rest: the gzip archive is damaged or cut off (${error instanceof Error ? error.message : String(error)})`)
  } finally {
    source.destroy()
  }
}

/** More after unpacking than anybody collects: an archive may hold a thousand times its size. */
const MAX_BYTES = 64 * 2 ** 30

async function* bounded(bytes: AsyncIterable<Buffer>, leftOuts: LeftOuts): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > MAX_BYTES) {
      leftOuts.note(`the rest: more than ${MAX_BYTES} bytes`)
      return
    }
    yield chunk
  }
}

/** A file that cannot be read on is read as far as it can. */
async function* readable(chunks: AsyncIterable<Uint8Array>, leftOuts: LeftOuts): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    leftOuts.note(`the rest: it cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf])

const unmarked = ({ first, rest }: Head): Head => ({
  first: first.subarray(0, UTF8_MARK.length).equals(UTF8_MARK) ? first.subarray(UTF8_MARK.length) : first,
  rest,
})

/** The bytes of a file as UTF-8: out of gzip, and out of UTF-16. */
export async function* plainBytes(chunks: AsyncIterable<Uint8Array>, leftOuts: LeftOuts): AsyncGenerator<Buffer> {
  let head = await headOf(readable(chunks, leftOuts))
  if (isGzip(head.first)) head = await headOf(bounded(gunzipped(whole(head), leftOuts), leftOuts))
  const utf16 = utf16Of(head.first)
  yield* utf16 ? fromUtf16(whole(head), utf16) : whole(unmarked(head))
}
