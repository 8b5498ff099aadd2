import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pemToDer } from '../src/index.ts'

export const FOLDER = join(import.meta.dirname, '../../../test-vectors/tlv')

/** A recorded list or signed file. */
export const recorded = (name: string): Buffer => readFileSync(join(FOLDER, 'sha1', name))

/** A recorded certificate with its key. */
export const credential = (name: string) => {
  const pem = readFileSync(join(FOLDER, `${name}.pem`))
  return { certificateDer: pemToDer(pem)[0]!, privateKey: createPrivateKey(pem) }
}

/** The file with each of its bits flipped, one after the other, in one buffer. */
export const eachFlippedBit = function* (bytes: Buffer): Generator<Buffer> {
  const damaged = Buffer.from(bytes)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    yield damaged
    damaged[bit >> 3]! ^= 1 << (bit & 7)
  }
}
