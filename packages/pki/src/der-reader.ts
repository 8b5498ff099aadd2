import { TAG } from './der.ts'
import { PkiError } from './errors.ts'

/** One element: views into the input, not copies. */
export type DerElement = {
  readonly tag: number
  /** Tag, length and content, exactly as they stood: what a signature covers. */
  readonly raw: Buffer
  readonly content: Buffer
}

/**
 * Walks one level of DER. Only definite, shortest lengths and one-byte tags are DER as certificates use it; all else is
 * `PKI_BAD_DER`. It never recurses by itself, so depth is bounded by the caller's code and work by the input's length.
 */
export class DerReader {
  readonly #bytes: Buffer
  readonly #what: string
  #at = 0

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes
    this.#what = what
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The next element, which must have this tag if one is given. */
  next(tag?: number): DerElement {
    const start = this.#at
    const found = this.#bytes[start]
    let length = this.#bytes[start + 1]
    if (found === undefined || length === undefined || (tag !== undefined && found !== tag)) throw this.#bad()
    if ((found & 0x1f) === 0x1f) throw this.#bad()
    let content = start + 2
    if (length >= 0x80) {
      const size = length & 0x7f
      if (size < 1 || size > 3 || content + size > this.#bytes.length) throw this.#bad()
      length = this.#bytes.readUIntBE(content, size)
      if (length < 0x80 || length < 2 ** (8 * (size - 1))) throw this.#bad()
      content += size
    }
    const end = content + length
    if (end > this.#bytes.length) throw this.#bad()
    this.#at = end
    return { tag: found, raw: this.#bytes.subarray(start, end), content: this.#bytes.subarray(content, end) }
  }

  /** The tag of the next element. */
  peek(): number | undefined {
    return this.#bytes[this.#at]
  }

  /** The next element if it has this tag. */
  optional(tag: number): DerElement | undefined {
    return this.peek() === tag ? this.next(tag) : undefined
  }

  /** A reader over the content of the next element. */
  enter(tag: number): DerReader {
    return new DerReader(this.next(tag).content, this.#what)
  }

  /** Every element that is left. */
  *rest(tag?: number): Generator<DerElement> {
    while (!this.done) yield this.next(tag)
  }

  /** Nothing may follow. */
  finish(): void {
    if (!this.done) throw this.#bad()
  }

  oid(): string {
    return decodeOid(this.next(TAG.oid).content) ?? this.fail()
  }

  boolean(): boolean {
    const { content } = this.next(TAG.boolean)
    return content.length === 1 && (content[0] === 0 || content[0] === 0xff) ? content[0] === 0xff : this.fail()
  }

  /** The content octets of an INTEGER: two's complement, shortest form. */
  integer(): Buffer {
    const { content } = this.next(TAG.integer)
    const [first, second] = content
    if (first === undefined) return this.fail()
    if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) return this.fail()
    return content
  }

  /** A BIT STRING of whole bytes, without the count of unused bits. */
  wholeBytes(): Buffer {
    const { content } = this.next(TAG.bitString)
    return content[0] === 0 ? content.subarray(1) : this.fail()
  }

  fail(): never {
    throw this.#bad()
  }

  #bad(): PkiError {
    return new PkiError('PKI_BAD_DER', { where: `${this.#what}, near byte ${this.#at} of ${this.#bytes.length}` })
  }
}

/** Dotted form, or undefined when the octets are not an object identifier (or one with an arc beyond 2^53). */
export const decodeOid = (content: Buffer): string | undefined => {
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    if (arc === 0 && byte === 0x80) return undefined
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) return undefined
    if (byte < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [head, ...rest] = arcs
  if (head === undefined || (content.at(-1) ?? 0x80) >= 0x80) return undefined
  const first = Math.min(2, Math.floor(head / 40))
  return [first, head - first * 40, ...rest].join('.')
}
