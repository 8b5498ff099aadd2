import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newClusterCertificates } from '@capfkit/lab'
import { PostgresServer, tell } from '@capfkit/test-postgres'
import { ask } from '../ask.ts'
import type { Coordinated, CoordinatorCost } from '../coordinator-process.ts'
import { cpuMsOfFamily } from '../cpu.ts'
import { printLine, printTable } from '../report.ts'
import type { SimulatedWorkers } from '../simulated-workers-process.ts'
import type { Part } from './part.ts'

const SECONDS = { quick: 8, full: 30 } as const
const WORKERS = 100
/** The most that a run has. */
const SLICES = 64
/** What a core of phones comes to, in the histograms of each report; of these so few are written one by one, which no coordinator reads. */
const OPERATIONS_PER_SECOND = 500
const RESULTS_PER_SECOND = 20
const MOST_CORES = 0.5

const start = (program: string): ChildProcess =>
  fork(new URL(`../${program}.ts`, import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })

const measure = async ({ folder, server, seconds }: { folder: string; server: PostgresServer; seconds: number }) => {
  const { capf } = await newClusterCertificates(() => new Date())
  const capfCertificate = join(folder, 'capf.pem')
  writeFileSync(capfCertificate, capf.certificatePem)
  const store = await server.newDatabase()
  const phones = SLICES * RESULTS_PER_SECOND * seconds
  const simulated: SimulatedWorkers = {
    ...{ store, workers: WORKERS, seconds },
    ...{ operationsPerSecond: OPERATIONS_PER_SECOND, resultsPerSecond: RESULTS_PER_SECOND },
  }
  // No phone connects to it.
  const options = { server: '127.0.0.1:1', capfCertificate, phones, rate: SLICES * RESULTS_PER_SECOND }
  const [coordinator, workers] = [start('coordinator-process'), start('simulated-workers-process')]
  try {
    const before = cpuMsOfFamily(server.pid)
    const left = ask(workers, simulated)
    const cost = await ask<CoordinatorCost>(coordinator, { options, store, workers: WORKERS } satisfies Coordinated)
    await left
    const databaseMs = cpuMsOfFamily(server.pid) - before
    const [row] = await tell(
      store,
      `SELECT count(*)::int AS reports, avg(length(told::text))::int AS bytes, (max(atms) - min(atms)) / 1000.0 AS seconds
       FROM capf_fleet.report WHERE phase >= 0`,
    )
    return {
      cores: cost.cpuMs / 1000 / cost.seconds,
      reportsPerSecond: Number(row?.reports) / Number(row?.seconds),
      reportBytes: Number(row?.bytes),
      memoryMb: cost.memoryBytes / 1e6,
      seconds: cost.seconds,
      databaseCores: databaseMs / 1000 / cost.seconds,
    }
  } finally {
    coordinator.kill('SIGKILL')
    workers.kill('SIGKILL')
  }
}

/** What it costs to lead a fleet of many workers: the coordinator as it is, the workers simulated by what they write. */
export const coordinator: Part = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    await using server = await PostgresServer.start({ settings: ['fsync=on'] })
    const cost = await measure({ folder, server, seconds: quick ? SECONDS.quick : SECONDS.full })
    printTable(
      `A coordinator hears ${WORKERS} simulated workers; each report has ${OPERATIONS_PER_SECOND} operations in every histogram`,
      [
        ['reports/s', 'bytes each', 'for', 'coordinator CPU', 'memory', 'database CPU'],
        [
          ...[cost.reportsPerSecond.toFixed(0), String(cost.reportBytes), `${cost.seconds.toFixed(0)} s`],
          ...[`${cost.cores.toFixed(2)} of a core`, `${cost.memoryMb.toFixed(0)} MB`, `${cost.databaseCores.toFixed(2)} of a core`],
        ],
      ],
    )
    printLine(`To reach: < ${MOST_CORES} of a core for ${WORKERS} reports/s.`)
    return cost
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
