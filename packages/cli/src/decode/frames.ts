import { ELEMENT_HEADER_BYTES } from '@capfkit/codec/capf'
import { PROTOCOLS, protocolOf } from './protocols.ts'

/** One piece of the input that should be a frame, and where it stands. */
export type Candidate = {
  readonly where: string
  /** `S>C` or `C>S`, where the input says so. */
  readonly direction?: string
  /** `undefined` when the line is not hexadecimal. */
  readonly bytes: Buffer | undefined
}

const NAMES: ReadonlySet<string> = new Set(PROTOCOLS.flatMap(({ messages }) => Object.keys(messages)))
const SAMPLE_BYTES = 4096

/** Whether the input is text with a frame a line. A raw frame begins with the magic byte of its protocol, which no such text does. */
const isText = (input: Buffer) =>
  !protocolOf(input) &&
  !input.subarray(0, SAMPLE_BYTES).some(byte => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)

const fromLine = (line: string, where: string): Candidate => {
  const words = line.split(/\s+/)
  const direction = words[0] === 'S>C' || words[0] === 'C>S' ? words.shift() : undefined
  if (NAMES.has(words[0] ?? '')) words.shift()
  const hex = words.join('').replace(/^0x/i, '').replaceAll(':', '')
  const bytes = hex !== '' && hex.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(hex) ? Buffer.from(hex, 'hex') : undefined
  return { where, bytes, ...(direction === undefined ? {} : { direction }) }
}

/** A stream of frames back to back. After one that is none, where the next begins is not known any more. */
function* fromBytes(input: Buffer): Generator<Candidate> {
  for (let at = 0; at < input.length; ) {
    const header = protocolOf(input.subarray(at))?.header
    const isFrame = header && input.length - at >= header.bytes
    const end = isFrame ? Math.min(input.length, at + header.bytes + input.readUInt16BE(at + header.lengthAt)) : input.length
    yield { where: `byte ${at}`, bytes: input.subarray(at, end) }
    at = end
  }
}

/**
 * The frames of an input: raw bytes, or text with one frame in hexadecimal a line, with or without `S>C NAME` before it;
 * lines that begin with `#` are comments.
 */
export function* candidatesIn(input: Buffer): Generator<Candidate> {
  if (!isText(input)) {
    yield* fromBytes(input)
    return
  }
  const lines = input
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split('\n')
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim()
    if (line !== '' && !line.startsWith('#')) yield fromLine(line, `line ${index + 1}`)
  }
}

/** One element as it stands in a frame, whether or not its value makes sense. */
export type RawElement = { readonly tag: number; readonly offset: number; readonly start: number; readonly end: number }

/** The elements of a frame as far as their lengths make sense; `decode` says what is wrong with the rest. */
export const elementsIn = (frame: Buffer, headerBytes: number): RawElement[] => {
  const elements: RawElement[] = []
  for (let offset = headerBytes; offset + ELEMENT_HEADER_BYTES <= frame.length; ) {
    const start = offset + ELEMENT_HEADER_BYTES
    const end = start + frame.readUInt16BE(offset + 1)
    if (end > frame.length) break
    elements.push({ tag: frame.readUInt8(offset), offset, start, end })
    offset = end
  }
  return elements
}
