import * as capf from '@capfkit/codec/capf'
import * as tvs from '@capfkit/codec/tvs'
import type { DecodeOptions } from '../src/frame/decode.ts'
import type { FrameReaderOptions } from '../src/frame/frame-reader.ts'
import type { Element, Layout } from '../src/frame/protocol.ts'
import { frameOf, HEADER_BYTES } from './frames.ts'
import { recordedSessions } from './vectors.ts'

/** A decoded message of either protocol, as the tests that know no names see it. */
export type AnyMessage = { name: string; sessionId: number }

/** A protocol as the tests of the common engine see it: its door without its types, and what was recorded of it. */
export type TestedProtocol = {
  readonly name: 'CAPF' | 'TVS'
  readonly headerBytes: number
  readonly commandAt: number
  readonly elements: Readonly<Record<string, Element>>
  readonly messages: Readonly<Record<string, Layout>>
  decode(frame: Buffer, options?: DecodeOptions): AnyMessage
  encode(message: AnyMessage): Buffer
  reader(options?: FrameReaderOptions): { push(chunk: Buffer): AnyMessage[]; readonly bufferedBytes: number }
  /** A frame put together by hand. */
  readonly frame: ReturnType<typeof frameOf>
  readonly recorded: readonly Buffer[]
}

const framesIn = (folder: string) => recordedSessions(folder).flatMap(({ frames }) => frames.map(({ bytes }) => bytes))

export const CAPF: TestedProtocol = {
  name: 'CAPF',
  headerBytes: HEADER_BYTES.CAPF,
  commandAt: 1,
  elements: capf.ELEMENTS,
  messages: capf.MESSAGES,
  decode: capf.decode,
  encode: message => capf.encode(message as capf.Message),
  reader: options => new capf.FrameReader(options),
  frame: frameOf('CAPF'),
  recorded: framesIn('capf'),
}

export const TVS: TestedProtocol = {
  name: 'TVS',
  headerBytes: HEADER_BYTES.TVS,
  commandAt: 2,
  elements: tvs.ELEMENTS,
  messages: tvs.MESSAGES,
  decode: tvs.decode,
  encode: message => tvs.encode(message as tvs.Message),
  reader: options => new tvs.FrameReader(options),
  frame: frameOf('TVS'),
  recorded: framesIn('tvs'),
}
