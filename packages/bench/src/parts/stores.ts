import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDatabase, openDeviceStore } from '@capfkit/server'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import { median, printLine, printTable } from '../report.ts'
import { fillStore, measureOperations, STORE_OPERATIONS, type StoreCost } from '../store-operations.ts'
import { type Part, ratio } from './part.ts'

const SIZES = {
  quick: { devices: [10_000, 50_000], operations: 1_000 },
  full: { devices: [10_000, 1_000_000], operations: 4_000 },
} as const
const AT_ONCE = 16
/** Rounds of the operations, the first of which warms up. */
const OPERATION_ROUNDS = 4

type Kind = 'SQLite' | 'PostgreSQL'

const medianCost = (costs: readonly StoreCost[]): StoreCost =>
  Object.fromEntries(
    STORE_OPERATIONS.map(operation => [
      operation,
      {
        perSecond: median(costs.map(cost => cost[operation].perSecond)),
        cpuMs: median(costs.map(cost => cost[operation].cpuMs)),
      },
    ]),
  ) as StoreCost

/** What each operation costs with few devices in the store, and with many. */
const measure = async ({ folder, server, quick }: { folder: string; server: PostgresServer; quick: boolean }) => {
  const { devices, operations } = quick ? SIZES.quick : SIZES.full
  const urls: Record<Kind, string> = { SQLite: `sqlite:${join(folder, 'many.db')}`, PostgreSQL: await server.newDatabase() }
  const results: Record<string, StoreCost> = {}
  for (const [kind, url] of Object.entries(urls)) {
    await using store = openDeviceStore(url, { lockTimeoutMs: 60_000 })
    let from = 0
    for (const of of devices) {
      await fillStore(store, { from, to: of })
      // What a database does by itself some minutes after so many rows.
      if (isDatabase(url)) await tell(url, 'VACUUM ANALYZE device')
      from = of
      const costs: StoreCost[] = []
      for (let round = 0; round < OPERATION_ROUNDS; round++)
        costs.push(await measureOperations(store, { operations, atOnce: AT_ONCE, of }))
      results[`${kind} ${of}`] = medianCost(costs.slice(1))
    }
  }
  const [few, many] = devices
  printTable(
    `Device store: operations a second, ${AT_ONCE} at once, one process; in brackets CPU of that process for each, without that of the database`,
    [
      ['', ...STORE_OPERATIONS],
      ...Object.entries(results).map(([name, cost]) => [
        `${name} devices`,
        ...STORE_OPERATIONS.map(operation => `${cost[operation].perSecond.toFixed(0)} (${cost[operation].cpuMs.toFixed(3)} ms)`),
      ]),
      ...Object.keys(urls).map(kind => [
        `${kind}: CPU with ${many} beside ${few}`,
        ...STORE_OPERATIONS.map(operation =>
          ratio(results[`${kind} ${many}`]![operation].cpuMs, results[`${kind} ${few}`]![operation].cpuMs),
        ),
      ]),
    ],
  )
  printLine('To reach: the cost of an operation is the same up to a million devices.')
  return results
}

/** Operations of the device store, SQLite beside PostgreSQL, with few devices in it and with many. */
export const stores: Part = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    // As safe as it would be in earnest; the tests do without.
    await using server = await PostgresServer.start({ settings: ['fsync=on', 'max_wal_size=4GB', 'shared_buffers=256MB'] })
    return await measure({ folder, server, quick })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
