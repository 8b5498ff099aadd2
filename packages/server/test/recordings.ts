import { readdirSync, readFileSync } from 'node:fs'
import type { MessageName } from '@capfkit/codec/capf'

export type RecordedFrame = { from: 'server' | 'client'; name: MessageName; bytes: Buffer }

const folder = new URL('../../../test-vectors/capf/', import.meta.url)

export const recordingNames = (): string[] =>
  readdirSync(folder)
    .filter(file => file.endsWith('.txt') && !file.endsWith('.decoded.txt'))
    .map(file => file.replace(/\.txt$/, ''))
    .sort()

/** The frames of a recorded session; those of one direction are in order. */
export const recordedFrames = (name: string): RecordedFrame[] =>
  readFileSync(new URL(`${name}.txt`, folder), 'utf8')
    .split('\n')
    .flatMap(line => {
      const [direction, message, hex] = line.split(' ')
      if (!/^[SC]>[SC]$/.test(direction ?? '')) return []
      return [
        { from: direction === 'S>C' ? 'server' : 'client', name: message as MessageName, bytes: Buffer.from(hex ?? '', 'hex') },
      ]
    })

/** The same frame in another session. */
export const inSession = (sessionId: number, frame: Buffer): Buffer => {
  const bytes = Buffer.from(frame)
  bytes.writeUInt32BE(sessionId, 2)
  return bytes
}
