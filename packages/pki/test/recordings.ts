import { readFileSync } from 'node:fs'
import { decode, type MessageName, type MessageOf } from '@capfkit/codec/capf'
import { type KeyPair, pemToDer, readPrivateKey } from '../src/index.ts'

const folder = new URL('../../../test-vectors/', import.meta.url)
const text = (name: string) => readFileSync(new URL(name, folder), 'utf8')

/** The first certificate of `test-vectors/pem/NAME.pem`. */
export const recordedCertificate = (name: string): Buffer => pemToDer(text(`pem/${name}.pem`))[0]!

export const recordedKey = (name: string): KeyPair => readPrivateKey(text(`pem/${name}.pem`))

/** The first message of this name in `test-vectors/capf/NAME.txt`, with its session id. */
export const recordedMessage = <N extends MessageName>({ recording, name }: { recording: string; name: N }): MessageOf<N> => {
  const line = text(`capf/${recording}.txt`)
    .split('\n')
    .find(found => found.split(' ')[1] === name)
  return decode(Buffer.from(line?.split(' ')[2] ?? '', 'hex')) as MessageOf<N>
}

/** A moment at which the recorded certificates are valid. */
export const RECORDED_AT = new Date('2026-12-01T00:00:00Z')
