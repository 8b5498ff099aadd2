import { randomInt } from 'node:crypto'
import type { MakeKey } from '@capfkit/phone'
import { formatKeySpec, generateKeyPair, openKeyPool, sameKeySpec } from '@capfkit/pki'
import { type Io, note } from '../io.ts'

/** Where one phone gets its keys from: any key of a pool where there is one of the right kind, else generated here. */
export const keyMaker = async (poolFile: string | undefined, io: Io): Promise<AsyncDisposable & { readonly makeKey: MakeKey }> => {
  if (poolFile === undefined) return { makeKey: spec => generateKeyPair(spec), [Symbol.asyncDispose]: async () => {} }
  const pool = await openKeyPool(poolFile)
  const makeKey: MakeKey = spec => {
    if (sameKeySpec(spec, pool.spec)) return pool.read(randomInt(pool.count))
    note(io, `the server asks for ${formatKeySpec(spec)}, ${poolFile} holds ${formatKeySpec(pool.spec)}: the key is generated`)
    return generateKeyPair(spec)
  }
  return { makeKey, [Symbol.asyncDispose]: () => pool.close() }
}
