import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { ask } from '../ask.ts'
import type { KeysAsked } from '../keys-process.ts'
import { median, printLine, printTable } from '../report.ts'
import type { Part } from './part.ts'

const CORES = availableParallelism()
/** Sizes of libuv's pool and keys asked for at once: whichever is fastest is what the machine can do. */
const ARRANGEMENTS = [
  { threads: CORES, lanes: CORES },
  { threads: CORES, lanes: 4 * CORES },
  { threads: 2 * CORES, lanes: 8 * CORES },
] as const
const KINDS = { 'rsa:2048': { quick: 60, full: 300 }, 'ec:p256': { quick: 10_000, full: 60_000 } } as const

const measure = async (asked: KeysAsked, threads: number): Promise<number> => {
  const child = fork(new URL('../keys-process.ts', import.meta.url), {
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
  })
  try {
    return (await ask<{ perSecond: number }>(child, asked)).perSecond
  } finally {
    child.kill()
  }
}

/** Key pools beside the best that `node:crypto` gives on this machine, in alternating rounds. */
export const keys: Part = async ({ quick }) => {
  const results: Record<string, { bare: number; pool: number }> = {}
  const rows: string[][] = []
  for (const [key, sizes] of Object.entries(KINDS) as [KeysAsked['key'], (typeof KINDS)[KeysAsked['key']]][]) {
    const count = quick ? sizes.quick : sizes.full
    const bare = ARRANGEMENTS.map((): number[] => [])
    const pool: number[] = []
    for (let round = 0; round < (quick ? 3 : 7); round++) {
      for (const [index, { threads, lanes }] of ARRANGEMENTS.entries())
        bare[index]!.push(await measure({ key, count, how: 'bare', lanes }, threads))
      pool.push(await measure({ key, count, how: 'pool', lanes: 0 }, 4))
    }
    const best = Math.max(...bare.map(median))
    results[key] = { bare: best, pool: median(pool) }
    rows.push([key, `${best.toFixed(0)}/s`, `${median(pool).toFixed(0)}/s`, `${((100 * median(pool)) / best).toFixed(0)} %`])
  }
  printTable(`Keys on ${CORES} cores: medians of alternating rounds`, [
    ['', 'generateKeyPair, best arrangement', 'key pool', 'of it'],
    ...rows,
  ])
  printLine('To reach: >= 90 %.')
  return results
}
