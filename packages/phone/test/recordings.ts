import { readdirSync, readFileSync } from 'node:fs'
import { decode, type Message, type MessageName, type MessageOf } from '@capfkit/codec/capf'

/** One recorded session: what each side said, whole frames in order. */
export type Recording = { name: string; server: Buffer[]; client: Buffer[] }

const FOLDER = new URL('../../../test-vectors/capf/', import.meta.url)

const readRecording = (file: string): Recording => {
  const recording: Recording = { name: file.replace('.txt', ''), server: [], client: [] }
  for (const line of readFileSync(new URL(file, FOLDER), 'latin1').split('\n')) {
    const [direction, , hex = ''] = line.split(' ')
    if (direction === 'S>C') recording.server.push(Buffer.from(hex, 'hex'))
    if (direction === 'C>S') recording.client.push(Buffer.from(hex, 'hex'))
  }
  return recording
}

export const recordings = (): Recording[] =>
  readdirSync(FOLDER)
    .filter(file => file.endsWith('.txt') && !file.endsWith('.decoded.txt'))
    .map(readRecording)

/** The first recorded message with this name that a phone sent. */
export const said = <N extends MessageName>({ client }: Recording, name: N): MessageOf<N> | undefined =>
  client.map(frame => decode(frame)).find((message): message is Message & MessageOf<N> => message.name === name) as
    | MessageOf<N>
    | undefined

/** What a phone answers to each request. */
export const ANSWERS: Partial<Record<MessageName, MessageName>> = {
  AUTH_REQUEST: 'AUTH_RESPONSE',
  KEY_GENERATE_REQUEST: 'KEY_GENERATE_RESPONSE',
  STORE_CERTIFICATE_REQUEST: 'STORE_CERTIFICATE_RESPONSE',
  FETCH_CERTIFICATE_REQUEST: 'FETCH_CERTIFICATE_RESPONSE',
  DELETE_CERTIFICATE_REQUEST: 'DELETE_CERTIFICATE_RESPONSE',
}
