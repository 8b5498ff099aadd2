import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FleetProgress, type FleetSummary, runDistributed, runFleet } from '@capfkit/fleet'
import { newClusterCertificates } from '@capfkit/lab'
import { PostgresServer } from '@capfkit/test-postgres'
import { cpuMsOf } from '../cpu.ts'
import { databaseUsage } from '../database-usage.ts'
import { median, printLine, printTable } from '../report.ts'
import { MeasuredNodes } from '../store-nodes.ts'
import { type Part, ratio } from './part.ts'

const SIZES = { quick: { phones: 2_000, rounds: 3 }, full: { phones: 6_000, rounds: 5 } } as const
const VERSION = 'measured'

/** Of one run: CPU of everything but server and database, an operation. */
type Cost = { ratePerSecond: number; cpuMs: number; databaseMs: number; failed: number }

const ownCpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Run a fleet and take the CPU of its processes from the beginning of its first phase. */
const costOf = async (run: {
  start: (onProgress: (progress: FleetProgress) => void) => Promise<FleetSummary>
  /** CPU of whoever leads and stands beside the client processes so far, ms. */
  beside: () => number
  database: () => Promise<number>
}): Promise<Cost> => {
  let before: { beside: number; database: Promise<number> } | undefined
  const summary = await run.start(({ stage }) => {
    if (stage === 'phase') before ??= { beside: run.beside(), database: run.database() }
  })
  const { done, failed, ratePerSecond, generator } = summary
  const cpuMs = generator.cpuMs + run.beside() - (before?.beside ?? 0)
  const databaseMs = (await run.database()) - ((await before?.database) ?? 0)
  const each = Math.max(1, done)
  return { ratePerSecond, cpuMs: cpuMs / each, databaseMs: databaseMs / each, failed }
}

const measure = async ({ folder, server, quick }: { folder: string; server: PostgresServer; quick: boolean }) => {
  const { phones, rounds } = quick ? SIZES.quick : SIZES.full
  const { capf } = await newClusterCertificates(() => new Date())
  const store = `sqlite:${join(folder, 'devices.db')}`
  using nodes = await MeasuredNodes.start({ store, nodes: 1, capf, folder })
  const options = { ...nodes.target, phones, concurrency: 32, poolKeys: 64, processes: 1, maxFailed: '100%' }
  const url = await server.newDatabase()
  const worker = fork(new URL('../worker-process.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    worker.send({ store: url, processes: 1, name: 'measured', version: VERSION })
    const coordinator = { store: url, workers: 1, version: VERSION, onSay: () => {} }
    const database = async () => (await databaseUsage(server, url)).cpuMs
    const kinds = {
      'one machine': {
        ...{ beside: ownCpuMs, database: async () => 0 },
        // Workers keep each operation, too.
        start: (onProgress: (progress: FleetProgress) => void) =>
          runFleet({ options: { ...options, out: join(folder, 'run'), replace: true }, onProgress }),
      },
      'coordinator and worker': {
        ...{ beside: () => ownCpuMs() + cpuMsOf(worker.pid!), database },
        start: (onProgress: (progress: FleetProgress) => void) => runDistributed({ options, coordinator, onProgress }),
      },
    }
    // The first round warms everything up.
    const costs = Object.entries(kinds).map(([name, kind]) => ({ name, kind, all: [] as Cost[] }))
    for (let round = 0; round <= rounds; round++)
      for (const { kind, all } of costs) {
        const cost = await costOf(kind)
        if (round > 0) all.push(cost)
      }
    return costs.map(({ name, all }) => {
      const of = (value: (cost: Cost) => number) => median(all.map(value))
      return {
        name,
        ratePerSecond: of(cost => cost.ratePerSecond),
        cpuMs: of(cost => cost.cpuMs),
        databaseMs: of(cost => cost.databaseMs),
        failed: all.reduce((sum, { failed }) => sum + failed, 0),
      }
    })
  } finally {
    worker.kill('SIGKILL')
  }
}

/** What it costs to distribute a fleet: the same run on one machine, led and carried out by its own processes or over a database. */
export const distributed: Part = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    await using server = await PostgresServer.start({ settings: ['fsync=on'] })
    const summary = await measure({ folder, server, quick })
    const { phones, rounds } = quick ? SIZES.quick : SIZES.full
    const [local] = summary
    printTable(`${phones} phones enrol RSA-2048, keys of a pool, 32 at once; medians of ${rounds} alternating rounds`, [
      ['', 'per s', '', 'generator CPU', '', 'database CPU', 'failed'],
      ...summary.map(({ name, ratePerSecond, cpuMs, databaseMs, failed }) => [
        ...[name, ratePerSecond.toFixed(0), ratio(ratePerSecond, local!.ratePerSecond)],
        ...[`${cpuMs.toFixed(2)} ms`, ratio(cpuMs, local!.cpuMs), `${databaseMs.toFixed(2)} ms`, String(failed)],
      ]),
    ])
    printLine('To reach: <= 1.10 x the CPU, >= 0.90 x the rate.')
    return summary
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
