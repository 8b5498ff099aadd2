const LF = 0x0a
const CR = 0x0d

/** Longer lines than any log has are cut: what is behind is counted and not read. */
export const MAX_LINE_BYTES = 16_384

/** A line of a file: bytes `start` to `end` of `bytes`, without its end of line. `number` counts from 1. */
export type TakeLine = (bytes: Buffer, place: { start: number; end: number; number: number }) => void

const NEVER = Number.POSITIVE_INFINITY

/** Says of places in a chunk, from left to right, whether a line has something in it that is looked for. */
class Finds {
  readonly #needles: RegExp
  readonly #text: string
  #next = -1

  constructor(needles: RegExp, chunk: Buffer) {
    this.#needles = needles
    // One letter a byte, so that places in the text are places in the chunk.
    this.#text = chunk.toString('latin1')
    this.#needles.lastIndex = 0
    this.#advance()
  }

  isIn(start: number, end: number): boolean {
    while (this.#next < start) this.#advance()
    return this.#next < end
  }

  #advance(): void {
    this.#next = this.#needles.test(this.#text) ? this.#needles.lastIndex - 1 : NEVER
  }
}

/** Cuts bytes into lines without copying those that lie within one chunk. */
export class LineSplitter {
  readonly #take: TakeLine
  readonly #onCut: (number: number) => void
  readonly #place = { start: 0, end: 0, number: 0 }
  #rest: Buffer = Buffer.alloc(0)
  #isCut = false
  /** Global: whole lines without a match are counted and not taken. One look at a chunk costs less than one at each line. */
  needles: RegExp | undefined

  constructor({ take, onCut }: { take: TakeLine; onCut: (number: number) => void }) {
    this.#take = take
    this.#onCut = onCut
  }

  /** Lines so far. */
  get lines(): number {
    return this.#place.number
  }

  push(chunk: Buffer): void {
    const finds = this.needles && new Finds(this.needles, chunk)
    let start = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      if (this.#rest.length > 0 || this.#isCut) {
        this.#keep(chunk.subarray(start, end))
        const rest = this.#rest
        this.#rest = Buffer.alloc(0)
        this.#line(rest, 0, rest.length)
      } else if (!finds || finds.isIn(start, end)) this.#line(chunk, start, end)
      else this.#place.number++
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The file is over: a last line without an end is one. */
  end(): void {
    const rest = this.#rest
    if (rest.length > 0) this.#line(rest, 0, rest.length)
  }

  #keep(bytes: Buffer): void {
    const room = MAX_LINE_BYTES - this.#rest.length
    if (bytes.length > room) this.#isCut = true
    // A copy: a few bytes must not hold the chunk that they came in.
    if (room > 0) this.#rest = Buffer.concat([this.#rest, bytes.subarray(0, room)])
  }

  #line(bytes: Buffer, start: number, end: number): void {
    const place = this.#place
    place.number++
    place.start = start
    place.end = end
    if (this.#isCut || end - start > MAX_LINE_BYTES) {
      this.#onCut(place.number)
      this.#isCut = false
      place.end = Math.min(end, start + MAX_LINE_BYTES)
    } else if (end > start && bytes[end - 1] === CR) place.end--
    this.#take(bytes, place)
  }
}
