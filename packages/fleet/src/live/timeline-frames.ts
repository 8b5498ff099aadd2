import { DecodeError, FrameReader, type Message } from '@capfkit/codec/capf'
import type { RunRecord } from '@capfkit/codec/run'
import { MOST_HEX_BYTES, type TimelineFrame } from './phone-timeline.ts'

const MOST_VALUE = 120

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

/** A value of an element in words: numbers and texts as they are, bytes in hexadecimal, what has parts as its parts. */
const inWords = (value: unknown): string => {
  const text =
    value instanceof Uint8Array
      ? hexOf(value)
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
            .map(([name, part]) => `${name} ${inWords(part)}`)
            .join(', ')
        : String(value)
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)} …` : text
}

const elementsOf = ({ name: _, ...elements }: Message): TimelineFrame['elements'] =>
  Object.entries(elements)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value: inWords(value) }))

/** The writes of both sides as messages, those that are none as what they are. */
export const timelineFrames = (writes: readonly RunRecord<'Bytes'>[]): TimelineFrame[] => {
  const readers = { server: new FrameReader(), client: new FrameReader() }
  return writes.map(({ fromClient, atMs, data }) => {
    const from = fromClient ? 'client' : 'server'
    const bytes = Buffer.from(data)
    const whole = { from, atMs, hex: hexOf(bytes.subarray(0, MOST_HEX_BYTES)), bytes: bytes.length } as const
    try {
      const messages = readers[from].push(bytes)
      const name = messages.map(message => message.name).join(', ') || 'part of a message'
      return { ...whole, name, elements: messages.flatMap(elementsOf) }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      readers[from] = new FrameReader()
      return { ...whole, name: 'no message', elements: [{ name: error.code, value: error.message }] }
    }
  })
}
