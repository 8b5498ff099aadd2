import { generateKeyPair, type KeyPair, type KeyPool, type KeySpec, sameKeySpec } from '@capfkit/pki'

/** Up to this many keys of a pool are kept once they were read. */
const MAX_KEPT_KEYS = 8192

export type KeySourceInit = {
  pool: KeyPool | undefined
  /** Which keys of the pool are this process's: `first`, `first + step`, … */
  first: number
  step: number
}

/**
 * Where the phones of one process get their keys: from a pool in turn, from the start again when it is used up, or generated
 * on the spot where the pool has none of the kind that is wanted.
 */
export class KeySource {
  readonly #init: KeySourceInit
  readonly #kept = new Map<number, KeyPair>()
  /** Keys taken from the pool, and keys generated. */
  pooled = 0
  generated = 0

  constructor(init: KeySourceInit) {
    this.#init = init
  }

  async take(spec: KeySpec): Promise<KeyPair> {
    const { pool, first, step } = this.#init
    if (!pool || !sameKeySpec(pool.spec, spec)) {
      this.generated++
      return generateKeyPair(spec)
    }
    const index = (first + step * this.pooled++) % pool.count
    const kept = this.#kept.get(index)
    if (kept) return kept
    const pair = await pool.read(index)
    if (pool.count <= MAX_KEPT_KEYS) this.#kept.set(index, pair)
    return pair
  }
}
