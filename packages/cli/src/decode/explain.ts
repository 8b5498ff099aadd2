import { DecodeError } from '@capfkit/codec/capf'
import { type Candidate, elementsIn } from './frames.ts'
import { DEFAULT_PROTOCOL, type FrameProtocol, protocolOf } from './protocols.ts'
import { type ShownValue, showValue } from './values.ts'

export type ExplainedElement = {
  readonly tag: number
  readonly name: string | undefined
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
  readonly name: string | undefined
  readonly command: number | undefined
  readonly sessionId: number | undefined
  readonly remarks: readonly string[]
  readonly elements: readonly ExplainedElement[]
  /** Why it is not a message. */
  readonly error: { code: string; offset: number; where: string; sentence: string } | undefined
}

const NOT_HEXADECIMAL = {
  code: 'CLI_NOT_HEXADECIMAL',
  offset: 0,
  where: 'line',
  sentence: 'the line is not a frame in hexadecimal',
}

const PAYLOAD_REMARKS = {
  ours: "its payload is this project's own definition",
  unknown: 'nothing but the name of this message is public',
  inferred: 'its payload was concluded from what is known, and seen nowhere',
} as const

const errorOf = (protocol: FrameProtocol, { frame, strict }: { frame: Buffer; strict: boolean }): Explained['error'] => {
  try {
    protocol.decode(frame, { strict })
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
  const protocol = protocolOf(bytes) ?? DEFAULT_PROTOCOL
  const { header } = protocol
  const error = errorOf(protocol, { frame: bytes, strict: options.strict })
  if (bytes.length < header.bytes || bytes[0] !== header.magic) return { ...nothing, ...none, error }
  const command = bytes.readUInt8(header.commandAt)
  const [name, layout] = Object.entries(protocol.messages).find(([, row]) => row.command === command) ?? []
  const uses = new Set(layout ? [...layout.required, ...layout.optional] : [])
  return {
    ...nothing,
    name,
    command,
    sessionId: bytes.readUInt32BE(header.sessionIdAt),
    remarks: layout?.payload ? [PAYLOAD_REMARKS[layout.payload]] : [],
    elements: elementsIn(bytes, header.bytes).map(raw => {
      const [element, row] = Object.entries(protocol.elements).find(([, { tag }]) => tag === raw.tag) ?? []
      const remarks = [
        ...(row?.ours ? ["this project's own definition"] : []),
        ...(row?.inferred ? ['its layout was concluded, and seen nowhere'] : []),
        ...(layout && !(element !== undefined && uses.has(element)) ? ['not used by this message'] : []),
      ]
      const value = showValue(bytes, { protocol, element, raw, showSecrets: options.showSecrets })
      return { tag: raw.tag, name: element, offset: raw.offset, length: raw.end - raw.start, value, remarks }
    }),
    error,
  }
}
