import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatKeySpec, generateKeyPool, openKeyPool } from '@capfkit/pki'
import { FleetError } from './errors.ts'
import { keyKinds, MIC_KEY } from './identity.ts'
import type { FleetOptions } from './options.ts'
import { RUN_FOLDER_FILES } from './resume/run-folder.ts'

/** A key pool of a run. */
export type RunKeys = { file: string; count: number }

type RunKeysInit = {
  options: FleetOptions
  /** For a pool that is made for this run, or was made before it was resumed. */
  folder: string
  /** Keys that the run may take. */
  need: number
  signal: AbortSignal | undefined
  onProgress: (done: number, total: number) => void
}

/**
 * Keys ahead of time, so that a run measures the server and not key generation: those of the given pool, or a new one of
 * RSA-2048; none where each phone makes its own, or where nothing needs RSA-2048 (EC keys cost next to nothing).
 *
 * @throws {FleetError} `FLEET_KEY_POOL` when nothing in the run could use the given pool; PkiError when it cannot be read.
 */
export const runKeys = async ({ options, folder, need, signal, onProgress }: RunKeysInit): Promise<RunKeys | undefined> => {
  const { realKeygen, keyPool, poolKeys } = options
  if (realKeygen) return undefined
  const kinds = keyKinds(options)
  if (keyPool !== undefined) {
    await using pool = await openKeyPool(keyPool)
    const kind = formatKeySpec(pool.spec)
    if (!kinds.has(kind)) throw new FleetError('FLEET_KEY_POOL', `${keyPool} (${kind}; needed: ${[...kinds].join(', ')})`)
    return { file: keyPool, count: pool.count }
  }
  if (!kinds.has(formatKeySpec(MIC_KEY))) return undefined
  const file = join(folder, RUN_FOLDER_FILES.keys)
  if (existsSync(file)) {
    await using pool = await openKeyPool(file)
    return { file, count: pool.count }
  }
  const count = Math.min(poolKeys, need)
  await generateKeyPool({ file, spec: MIC_KEY, count, onProgress, ...(signal ? { signal } : {}) })
  return { file, count }
}
