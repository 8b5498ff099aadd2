import {
  DecodeError,
  decode,
  ELEMENT_NAMES,
  ELEMENTS,
  type ElementName,
  HEADER_BYTES,
  MESSAGE_NAMES,
  MESSAGES,
  type MessageLayout,
  type MessageName,
} from '@capfkit/codec/capf'
import { type Candidate, elementsIn } from './frames.ts'
import { type ShownValue, showValue } from './values.ts'

export type ExplainedElement = {
  readonly tag: number
  readonly name: ElementName | undefined
  readonly offset: number
  readonly length: number
  readonly value: ShownValue
  /** Remarks: an element that this message does not use, or one whose layout is this project's own. */
  readonly remarks: readonly string[]
}

export type Explained = {
  readonly where: string
  readonly direction: string | undefined
  readonly bytes: number
  readonly name: MessageName | undefined
  readonly command: number | undefined
  readonly sessionId: number | undefined
  readonly remarks: readonly string[]
  readonly elements: readonly ExplainedElement[]
  /** Why it is not a CAPF message. */
  readonly error: { code: string; offset: number; where: string; sentence: string } | undefined
}

const NOT_HEXADECIMAL = {
  code: 'CLI_NOT_HEXADECIMAL',
  offset: 0,
  where: 'line',
  sentence: 'the line is not a frame in hexadecimal',
}

const layoutOf = (name: MessageName): MessageLayout => MESSAGES[name]
const elementByTag = new Map(ELEMENT_NAMES.map(name => [ELEMENTS[name].tag as number, name]))

const PAYLOAD_REMARKS = {
  ours: "its payload is this project's own definition",
  unknown: 'nothing but the name of this message is public',
  inferred: 'its payload was concluded from what is known, and seen nowhere',
} as const

const errorOf = (frame: Buffer, strict: boolean): Explained['error'] => {
  try {
    decode(frame, { strict })
    return undefined
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { code: error.code, offset: error.offset, where: error.where, sentence: error.message }
  }
}

/** Take one frame apart, as far as it goes. */
export const explain = ({ where, direction, bytes }: Candidate, options: { showSecrets: boolean; strict: boolean }): Explained => {
  const nothing = { where, direction, bytes: bytes?.length ?? 0, remarks: [], elements: [] }
  const none = { name: undefined, command: undefined, sessionId: undefined }
  if (!bytes) return { ...nothing, ...none, error: NOT_HEXADECIMAL }
  const error = errorOf(bytes, options.strict)
  if (bytes.length < HEADER_BYTES || error?.code === 'CODEC_BAD_MAGIC') return { ...nothing, ...none, error }
  const command = bytes.readUInt8(1)
  const name = MESSAGE_NAMES.find(known => MESSAGES[known].command === command)
  const layout = name && layoutOf(name)
  const uses = new Set<ElementName>(layout ? [...layout.required, ...layout.optional] : [])
  return {
    ...nothing,
    name,
    command,
    sessionId: bytes.readUInt32BE(2),
    remarks: layout?.payload ? [PAYLOAD_REMARKS[layout.payload]] : [],
    elements: elementsIn(bytes).map(raw => {
      const element = elementByTag.get(raw.tag)
      const row = element && ELEMENTS[element]
      const remarks = [
        ...(row?.ours ? ["this project's own definition"] : []),
        ...(layout && !(element && uses.has(element)) ? ['not used by this message'] : []),
      ]
      const value = showValue(bytes, { element, raw, showSecrets: options.showSecrets })
      return { tag: raw.tag, name: element, offset: raw.offset, length: raw.end - raw.start, value, remarks }
    }),
    error,
  }
}
