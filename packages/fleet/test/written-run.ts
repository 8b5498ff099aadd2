import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeEntries, RUN_FORMAT, RUN_VERSION, type RunEntry, type RunRecord } from '@capfkit/codec/run'

export const PHASES = ['connect', 'tls', 'issue']
export const STARTED_MS = Date.UTC(2026, 0, 15, 12)

/** How a run went that never was. */
export type WrittenRun = {
  operations?: readonly Partial<RunRecord<'Operation'>>[]
  /** By part; one part with all operations unless told. */
  parts?: number
  options?: readonly RunRecord<'Option'>[]
  /** `false`: it was killed. */
  footer?: Partial<RunRecord<'Footer'>> | false
  health?: readonly Partial<RunRecord<'Health'>>[]
  seconds?: number
  /** Phones whose turn was left out. */
  skipped?: readonly number[]
}

export const headerOf = (change: Partial<RunRecord<'Header'>>): RunEntry => ({
  ...{
    kind: 'header',
    format: RUN_FORMAT,
    version: RUN_VERSION,
    startedMs: STARTED_MS,
    part: 'run',
    process: 0,
    processes: 1,
    seed: 3,
  },
  ...{ options: [], target: '127.0.0.1:3804', phones: 1, rounds: [], phases: PHASES, operations: ['unknown', 'install'] },
  ...change,
})

const NO_HEALTH: RunRecord<'Health'> = {
  ...{ atMs: 0, cpuMs: 0, eventLoopDelayP99Ms: 0, eventLoopDelayMaxMs: 0, memoryBytes: 1e8, inFlight: 0, started: 0 },
  ...{ lateStarts: 0, droppedFrames: 0, keysPooled: 0, keysGenerated: 0 },
}

const FOOTER: RunRecord<'Footer'> = {
  ...{
    endedMs: 1,
    verdict: 'pass',
    because: [],
    stopped: false,
    serverProcesses: 0,
    serverMemoryBytes: 0,
    poolSize: 0,
    thresholds: [],
  },
}

/** One that was done in a millisecond, but for what is told of it. */
export const operationOf = (phone: number, change: Partial<RunRecord<'Operation'>> = {}): RunEntry => ({
  kind: 'operation',
  ...{ phone, deviceName: `SEP${String(phone).padStart(12, '0')}`, round: 0, operation: 1, startMs: 0, lateMs: 0, totalMs: 1 },
  ...{ phases: [], phasesMs: [] },
  ...change,
})

/** Write the files of a run by hand, as a fleet would have. */
export const writeRun = (folder: string, run: WrittenRun): string => {
  const { operations = [], parts = 1, options = [], footer = {}, health = [], seconds = 1, skipped = [] } = run
  mkdirSync(folder, { recursive: true })
  const common = {
    options,
    phones: operations.length,
    processes: parts,
    rounds: [{ operation: 'install', total: operations.length }],
  }
  const write = (name: string, entries: RunEntry[]) => writeFileSync(join(folder, `${name}.capfrun`), encodeEntries(entries))
  for (let process = 0; process < parts; process++)
    write(`part-${process}`, [
      headerOf({ ...common, part: 'client', process }),
      { kind: 'round', number: 0, startMs: 0 },
      ...operations
        .map((operation, phone) => ({ phone, operation }))
        .filter(({ phone }) => phone % parts === process)
        .map(({ phone, operation }) => operationOf(phone, operation)),
      ...(process === 0 ? skipped : []).map((phone): RunEntry => ({ kind: 'skipped', phone, round: 0, atMs: 0 })),
      ...health.map((entry): RunEntry => ({ kind: 'health', ...NO_HEALTH, ...entry })),
    ])
  write('run', [
    headerOf(common),
    { kind: 'roundEnd', number: 0, seconds, generatorCpuMs: operations.length, serverCpuMs: 0 },
    ...(footer ? [{ kind: 'footer', ...FOOTER, ...footer } as RunEntry] : []),
  ])
  return folder
}

/** The same numbers each time. */
export const numbers = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
