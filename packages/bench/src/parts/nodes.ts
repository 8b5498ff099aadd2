import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newClusterCertificates } from '@capfkit/lab'
import { PostgresServer } from '@capfkit/test-postgres'
import { type DatabaseUsage, databaseUsage } from '../database-usage.ts'
import { median, printLine, printTable } from '../report.ts'
import { MeasuredNodes, type NodesCost } from '../store-nodes.ts'
import { type Part, ratio } from './part.ts'

const SIZES = { quick: { phones: 300, rounds: 3 }, full: { phones: 1_500, rounds: 5 } } as const

/** Two processes for the same work wake up more often, whatever their store. */
const ARRANGEMENTS = [
  { name: 'SQLite, one process', kind: 'SQLite', nodes: 1 },
  { name: 'SQLite, two processes', kind: 'SQLite', nodes: 2 },
  { name: 'PostgreSQL, one process', kind: 'PostgreSQL', nodes: 1 },
  { name: 'PostgreSQL, two processes', kind: 'PostgreSQL', nodes: 2 },
] as const

const difference = (before: DatabaseUsage, after: DatabaseUsage, phones: number): DatabaseUsage => ({
  cpuMs: (after.cpuMs - before.cpuMs) / phones,
  writes: (after.writes - before.writes) / phones,
  walBytes: (after.walBytes - before.walBytes) / phones,
})

/** What an enrolment costs the server on each store, in alternating rounds. */
const measure = async ({ folder, server, quick }: { folder: string; server: PostgresServer; quick: boolean }) => {
  const { phones, rounds } = quick ? SIZES.quick : SIZES.full
  const { capf } = await newClusterCertificates(() => new Date())
  await using stack = new AsyncDisposableStack()
  const measured: { nodes: MeasuredNodes; url: string | undefined; costs: NodesCost[]; database: DatabaseUsage[] }[] = []
  for (const { kind, nodes } of ARRANGEMENTS) {
    const url = kind === 'SQLite' ? undefined : await server.newDatabase()
    const store = url ?? `sqlite:${join(folder, `nodes-${nodes}.db`)}`
    const started = stack.use(await MeasuredNodes.start({ store, nodes, capf, folder }))
    await started.warmUp(phones)
    measured.push({ nodes: started, url, costs: [], database: [] })
  }
  for (let round = 0; round < rounds; round++)
    for (const { nodes, url, costs, database } of measured) {
      const usages: DatabaseUsage[] = []
      const look = async () => {
        if (url !== undefined) usages.push(await databaseUsage(server, url))
      }
      costs.push(await nodes.measure(look))
      if (usages[0] && usages[1]) database.push(difference(usages[0], usages[1], phones))
    }
  const summary = measured.map(({ costs, database }, index) => {
    const cost = (value: (cost: NodesCost) => number) => median(costs.map(value))
    const used = (value: (usage: DatabaseUsage) => number) => (database.length === 0 ? undefined : median(database.map(value)))
    return {
      ...ARRANGEMENTS[index]!,
      ratePerSecond: cost(({ ratePerSecond }) => ratePerSecond),
      serverMs: cost(({ serverMs }) => serverMs),
      p99Ms: cost(({ p99Ms }) => p99Ms),
      failed: costs.reduce((sum, { failed }) => sum + failed, 0),
      databaseMs: used(({ cpuMs }) => cpuMs),
      writes: used(({ writes }) => writes),
      walBytes: used(({ walBytes }) => walBytes),
    }
  })
  const or = (value: number | undefined, digits: number, unit = '') =>
    value === undefined ? '' : `${value.toFixed(digits)}${unit}`
  printTable(`${phones} phones enrol RSA-2048, keys of a pool, 64 at once; medians of ${rounds} alternating rounds`, [
    ['', 'per s', 'server CPU', 'beside one', 'as many', 'p99 ms', 'failed', 'database CPU', 'writes', 'log'],
    ...summary.map(({ name, nodes, ratePerSecond, serverMs, p99Ms, failed, databaseMs, writes, walBytes }) => [
      name,
      ratePerSecond.toFixed(0),
      `${serverMs.toFixed(2)} ms`,
      ratio(serverMs, summary[0]!.serverMs),
      ratio(serverMs, summary.find(beside => beside.nodes === nodes)!.serverMs),
      p99Ms.toFixed(0),
      String(failed),
      or(databaseMs, 2, ' ms'),
      or(writes, 1),
      or(walBytes, 0, ' bytes'),
    ]),
  ])
  printLine('To reach: <= 1.15 x the CPU of as many server processes on SQLite.')
  return summary
}

/** Enrolments with the device store in SQLite and in PostgreSQL, with one server process and with two. */
export const nodes: Part = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    // As safe as it would be in earnest; the tests do without.
    await using server = await PostgresServer.start({ settings: ['fsync=on'] })
    return await measure({ folder, server, quick })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
