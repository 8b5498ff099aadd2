import { readFileSync } from 'node:fs'
import { pemToDer, readPrivateKey } from '@capfkit/pki'
import type { Credential } from '../src/index.ts'

const VECTORS = new URL('../../../test-vectors/tlv/', import.meta.url)

/** A recorded file; see `test-vectors/README.md`. */
export const recorded = (name: string): Buffer => readFileSync(new URL(name, VECTORS))

/** A recorded certificate with its key: `sast1`, `sast2`, `ccm`, `ccm-ec`, `tftp`, `capf`, `tvs`, `tvs-ec`, `app`, `phone`, `phone-ec`. */
export const credential = (name: string): Credential => {
  const pem = recorded(`${name}.pem`)
  return { certificateDer: pemToDer(pem)[0]!, privateKey: readPrivateKey(pem).privateKey }
}
