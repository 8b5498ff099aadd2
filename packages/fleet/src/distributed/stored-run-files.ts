import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeEntries, type RunEntry, RunReader, type RunRecord } from '@capfkit/codec/run'
import type { LiveHealth } from '../client-messages.ts'
import { FleetError } from '../errors.ts'
import { runFileName } from '../recording/file-names.ts'
import { thresholdRecord } from '../recording/threshold-record.ts'
import type { FleetSummary, RoundSummary } from '../summary.ts'
import type { CoordinatorStore } from './coordinator-store.ts'
import { RECOVERED } from './recover-slice.ts'

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

const writeFile = async (file: string, chunks: Chunks): Promise<void> => {
  try {
    await using handle = await open(file, 'w')
    for await (const chunk of chunks) await handle.write(chunk)
  } catch (cause) {
    throw new FleetError('FLEET_RECORDING', file, { cause })
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

/** How each process did, second by second. */
const healthOf = async (store: CoordinatorStore, createdMs: number): Promise<RunEntry[][]> => {
  const processes = new Map<string, RunEntry[]>()
  for (const { worker, atMs, told } of await store.reports(new Map()))
    for (const { process, since } of told) {
      if (process === RECOVERED) continue
      const name = `${worker} ${process}`
      const entries = processes.get(name) ?? []
      processes.set(name, entries)
      entries.push(healthEntry(since.health, { inFlight: since.inFlight, atMs: atMs - createdMs }))
    }
  return [...processes.values()]
}

/** The operations of a run as they stand in the store: entries of a run file already. */
async function* operations(store: CoordinatorStore): AsyncIterable<Uint8Array> {
  for await (const { outcome, entry } of store.results()) if (outcome !== RECOVERED) yield entry
}

/**
 * Write a distributed run from its store into a folder, as a run of one machine leaves it there: for reports and comparisons.
 *
 * @throws {FleetError} `FLEET_RECORDING`; ServerError a `STORE_*` code.
 */
export const writeStoredRun = async (
  store: CoordinatorStore,
  run: { folder: string; header: RunRecord<'Header'>; rounds: readonly RoundSummary[]; summary: FleetSummary },
): Promise<void> => {
  const { folder, rounds, summary } = run
  const row = await store.look()
  const startedMs = row?.createdMs ?? run.header.startedMs
  const health = await healthOf(store, startedMs)
  const processes = Math.max(1, health.length)
  const header: RunEntry & { kind: 'header' } = { ...run.header, kind: 'header', startedMs, processes }
  const begins = (await store.begins()).map(({ phase, ms }): RunEntry => ({ kind: 'round', number: phase, startMs: ms }))
  const partFile = (process: number) => join(folder, runFileName({ part: 'client', process, generation: 0 }))
  const head = (process: number): Uint8Array =>
    encodeEntries([{ ...header, part: 'client', process }, ...begins, ...(health[process] ?? [])])
  // Which process an operation was in is in the store: here they all stand in the first part.
  await writeFile(partFile(0), joined([head(0)], operations(store)))
  for (let process = 1; process < processes; process++) await writeFile(partFile(process), [head(process)])

  const recovered: RunEntry[] = []
  for await (const { outcome, entry } of store.results())
    if (outcome === RECOVERED) recovered.push(...new RunReader('result', header).push(entry))
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
  const lead = encodeEntries([header, ...ordered, ...recovered, ...ends, footer])
  await writeFile(join(folder, runFileName({ part: 'run', process: 0, generation: 0 })), [lead])
}

async function* joined(...all: Chunks[]): AsyncIterable<Uint8Array> {
  for (const chunks of all) yield* chunks
}
