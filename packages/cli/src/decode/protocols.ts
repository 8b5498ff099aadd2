import * as capf from '@capfkit/codec/capf'
import * as tvs from '@capfkit/codec/tvs'

/** A protocol of frames as `capf decode` needs it: its header, its tables, and its reader. */
export type FrameProtocol = {
  readonly name: string
  readonly header: capf.HeaderLayout
  readonly elements: Readonly<Record<string, capf.Element>>
  readonly messages: Readonly<
    Record<string, Pick<capf.MessageLayout, 'command' | 'payload'> & { required: readonly string[]; optional: readonly string[] }>
  >
  readonly namedValues: Readonly<Record<string, Readonly<Record<string, number>> | undefined>>
  decode(frame: Buffer, options: capf.DecodeOptions): unknown
}

const CAPF: FrameProtocol = {
  name: 'CAPF',
  header: capf.HEADER,
  elements: capf.ELEMENTS,
  messages: capf.MESSAGES,
  namedValues: capf.NAMED_VALUES,
  decode: capf.decode,
}

const TVS: FrameProtocol = {
  name: 'TVS',
  header: tvs.HEADER,
  elements: tvs.ELEMENTS,
  messages: tvs.MESSAGES,
  namedValues: tvs.NAMED_VALUES,
  decode: tvs.decode,
}

export const PROTOCOLS: readonly FrameProtocol[] = [CAPF, TVS]

/** Whose frame begins with this byte. */
export const protocolOf = (bytes: Buffer): FrameProtocol | undefined => PROTOCOLS.find(({ header }) => header.magic === bytes[0])

/** What is said of a frame that is nobody's. */
export const DEFAULT_PROTOCOL = CAPF
