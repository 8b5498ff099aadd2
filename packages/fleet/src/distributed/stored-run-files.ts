import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeEntries, type RunEntry, RunReader, type RunRecord } from '@capfkit/codec/run'
import type { LiveHealth } from '../client-messages.ts'
import { FleetError } from '../errors.ts'
import { runFileName } from '../recording/file-names.ts'
import { thresholdRecord } from '../recording/threshold-record.ts'
import type { FleetSummary, RoundSummary } from '../summary.ts'
import { RECOVERED } from './recover-slice.ts'
import type { StoredRun } from './stored-run.ts'

/** Entries that are written at once. */
const BATCH = 2_000

/** Files of a run in a folder. */
class RunFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param flag  `w` begins the file, `a` goes on with it. @throws {FleetError} `FLEET_RECORDING`. */
  async write(part: { part: 'run' | 'client'; process: number }, bytes: Uint8Array, flag: 'w' | 'a'): Promise<void> {
    const file = join(this.#folder, runFileName({ ...part, generation: 0 }))
    try {
      await writeFile(file, bytes, { flag })
    } catch (cause) {
      throw new FleetError('FLEET_RECORDING', file, { cause })
    }
  }

  append(process: number, bytes: Uint8Array): Promise<void> {
    return this.write({ part: 'client', process }, bytes, 'a')
  }
}

const healthEntry = (health: LiveHealth, { inFlight, atMs }: { inFlight: number; atMs: number }): RunEntry => ({
  kind: 'health',
  ...{ atMs, inFlight, cpuMs: health.recent.cpuMs, memoryBytes: health.memoryBytes, droppedFrames: 0 },
  eventLoopDelayP99Ms: health.recent.eventLoopDelayMs.p99,
  eventLoopDelayMaxMs: health.recent.eventLoopDelayMs.max,
  ...{ keysPooled: health.keysPooled, keysGenerated: health.keysGenerated, started: 0, lateStarts: 0 },
  ...health.fullest,
})

/** How each process did, second by second. @param firsts  the first part of each worker. */
const writeHealth = async (
  run: StoredRun,
  { folder, createdMs, firsts }: { folder: RunFolder; createdMs: number; firsts: ReadonlyMap<string, number> },
): Promise<void> => {
  const parts = new Map<string, number>()
  const ofWorker = new Map<string, number>()
  const partOf = (worker: string, process: string): number | undefined => {
    const known = parts.get(`${worker} ${process}`)
    const first = firsts.get(worker)
    if (known !== undefined || first === undefined) return known
    const nth = ofWorker.get(worker) ?? 0
    ofWorker.set(worker, nth + 1)
    const part = first + nth
    parts.set(`${worker} ${process}`, part)
    return part
  }
  let waiting = new Map<number, RunEntry[]>()
  let count = 0
  const flush = async () => {
    for (const [part, entries] of waiting) await folder.append(part, encodeEntries(entries))
    waiting = new Map()
    count = 0
  }
  for await (const { worker, atMs, told } of run.reports()) {
    for (const { process, since } of told) {
      // A worker that came when everything was over has done nothing.
      const part = process === RECOVERED ? undefined : partOf(worker, process)
      if (part === undefined) continue
      const entries = waiting.get(part) ?? []
      waiting.set(part, entries)
      entries.push(healthEntry(since.health, { inFlight: since.inFlight, atMs: atMs - createdMs }))
      count++
    }
    if (count >= BATCH) await flush()
  }
  await flush()
}

/** The operations of a run are entries of a run file already as they stand in its store. @returns what was recovered. */
const writeOperations = async (
  run: StoredRun,
  { folder, header }: { folder: RunFolder; header: RunEntry & { kind: 'header' } },
): Promise<RunEntry[]> => {
  const recovered: RunEntry[] = []
  let waiting: Uint8Array[] = []
  const flush = async () => {
    await folder.append(0, Buffer.concat(waiting))
    waiting = []
  }
  for await (const { outcome, entry } of run.results()) {
    if (outcome === RECOVERED) recovered.push(...new RunReader('result', header).push(entry))
    else if (waiting.push(entry) >= BATCH) await flush()
  }
  await flush()
  return recovered
}

/**
 * Write a distributed run from its store into a folder, as a run of one machine leaves it there: for reports and comparisons.
 *
 * @throws {FleetError} `FLEET_RECORDING`; ServerError a `STORE_*` code.
 */
export const writeStoredRun = async (
  run: StoredRun,
  as: { folder: string; header: RunRecord<'Header'>; rounds: readonly RoundSummary[]; summary: FleetSummary },
): Promise<void> => {
  const { rounds, summary } = as
  const folder = new RunFolder(as.folder)
  const row = await run.look()
  const startedMs = row?.createdMs ?? as.header.startedMs
  const firsts = new Map<string, number>()
  let processes = 0
  for (const worker of await run.workers()) {
    firsts.set(worker.id, processes)
    processes += worker.processes
  }
  const header: RunEntry & { kind: 'header' } = { ...as.header, kind: 'header', startedMs, processes: Math.max(1, processes) }
  const begins: RunEntry[] = []
  for (let number = 0; number <= (row?.phase ?? -1); number++) {
    const startMs = await run.startMs(number)
    if (startMs !== undefined) begins.push({ kind: 'round', number, startMs })
  }
  for (let process = 0; process < header.processes; process++)
    await folder.write({ part: 'client', process }, encodeEntries([{ ...header, part: 'client', process }, ...begins]), 'w')
  await writeHealth(run, { folder, createdMs: startedMs, firsts })
  // Which process an operation was in is in the store: here they all stand in the first part.
  const recovered = await writeOperations(run, { folder, header })
  const { verdict, because, stopped, keys, thresholds, seconds } = summary
  const footer: RunEntry = {
    ...{ kind: 'footer', endedMs: begins.length > 0 ? 1000 * seconds : 0, verdict, because, stopped },
    ...{ serverProcesses: 0, serverMemoryBytes: 0, poolSize: keys.poolSize, thresholds: thresholds.map(thresholdRecord) },
  }
  const ends = rounds.map(
    ({ seconds: took, generatorCpuMs }, number): RunEntry => ({
      kind: 'roundEnd',
      number,
      seconds: took,
      generatorCpuMs,
      serverCpuMs: 0,
    }),
  )
  const ordered = rounds.map((_, round): RunEntry => ({ kind: 'ordered', round }))
  await folder.write({ part: 'run', process: 0 }, encodeEntries([header, ...ordered, ...recovered, ...ends, footer]), 'w')
}
