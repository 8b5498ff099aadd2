import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeEntries, RUN_FORMAT, RUN_VERSION, type RunEntry } from '@capfkit/codec/run'
import { htmlReport, reportRun, runFleet } from '@capfkit/fleet'
import { median, printTable } from '../report.ts'
import { type Part, ratio } from './part.ts'

/** Pairs of runs, one after the other: what else the machine does falls on both. */
const PAIRS = { quick: 2, full: 5 } as const
const OPERATIONS = 100_000
const PHASES = ['connect', 'tls', 'greeting', 'auth', 'keyGeneration', 'issue', 'store', 'end']

/** CPU of the fleet for one operation, ms: medians of the rounds after the first, which warms up. */
const fleetCpuMs = async (out: string | undefined, phones: number): Promise<number[]> => {
  const { rounds } = await runFleet({
    options: {
      ...{ embedded: true, serverWorkers: 1, processes: 1, phones, concurrency: 64, poolKeys: 64, key: 'ec:p256' },
      rounds: 'install,upgrade,upgrade,upgrade',
      ...(out === undefined ? {} : { out, replace: true }),
    },
  })
  return rounds.slice(1).map(({ generatorCpuMs, done }) => generatorCpuMs / done)
}

const costOfRecording = async (folder: string, { quick }: { quick: boolean }) => {
  const [plain, recorded]: [number[], number[]] = [[], []]
  for (let pair = 0; pair < (quick ? PAIRS.quick : PAIRS.full); pair++) {
    plain.push(...(await fleetCpuMs(undefined, quick ? 500 : 1500)))
    recorded.push(...(await fleetCpuMs(join(folder, 'run'), quick ? 500 : 1500)))
  }
  return { plainMs: median(plain), recordedMs: median(recorded) }
}

const operation = (phone: number): RunEntry => ({
  ...{ kind: 'operation', phone, deviceName: `SEP${String(phone).padStart(12, '0')}`, round: 0, operation: 0 },
  ...{ startMs: phone * 3.3, lateMs: 0.2, totalMs: 30 + (phone % 17), phases: PHASES.map((_, phase) => phase) },
  phasesMs: PHASES.map((_, phase) => 1 + ((phone + phase) % 5)),
})

/** A run of so many operations on the disk, as one process would have written it. */
const writeRun = (folder: string): { file: string; encodeMs: number } => {
  const rounds = [{ operation: 'install', total: OPERATIONS }]
  const header: RunEntry & { kind: 'header' } = {
    kind: 'header',
    ...{ format: RUN_FORMAT, version: RUN_VERSION, startedMs: 1.7e12, part: 'run', process: 0, processes: 1, seed: 1, options: [] },
    ...{ target: '127.0.0.1:3804', phones: OPERATIONS, rounds, phases: PHASES, operations: ['install'] },
  }
  const operations = Array.from({ length: OPERATIONS }, (_, phone) => operation(phone))
  const startedMs = performance.now()
  const bytes = encodeEntries([{ ...header, part: 'client' }, { kind: 'round', number: 0, startMs: 0 }, ...operations])
  const encodeMs = performance.now() - startedMs
  const file = join(folder, 'part-0.capfrun')
  writeFileSync(file, bytes)
  writeFileSync(join(folder, 'run.capfrun'), encodeEntries([header]))
  return { file, encodeMs }
}

/** What it costs to record every operation, and to make a report of them. */
export const recording: Part = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    const cost = await costOfRecording(folder, { quick })
    const { file, encodeMs } = writeRun(folder)
    const startedMs = performance.now()
    const report = await reportRun(folder)
    const readMs = performance.now() - startedMs
    const page = htmlReport(report)
    const pageMs = performance.now() - startedMs
    const bytes = statSync(file).size
    printTable('Recording every operation of every phone', [
      ['fleet CPU of an operation, not recorded', `${cost.plainMs.toFixed(3)} ms`],
      ['recorded', `${cost.recordedMs.toFixed(3)} ms (${ratio(cost.recordedMs, cost.plainMs)}; to reach: <= 1.05 x)`],
      [
        'an operation as it is encoded',
        `${((1000 * encodeMs) / OPERATIONS).toFixed(2)} us, ${Math.round(bytes / OPERATIONS)} bytes`,
      ],
      [`${OPERATIONS} operations: read and added up`, `${(readMs / 1000).toFixed(2)} s`],
      ['and with the page', `${(pageMs / 1000).toFixed(2)} s, ${Math.round(page.length / 1000)} kB (to reach: < 5 s)`],
    ])
    return { ...cost, encodeMs, readMs, pageMs, bytes }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
