import { encodeEntries, type RunEntry } from '@capfkit/codec/run'
import type { SqlValue } from '@capfkit/server'
import type { Kept } from '../fleet-file/kept.ts'
import { type SentReport, sentEnds } from './run-store.ts'
import type { Result, SliceEvent, Told } from './slice-messages.ts'

/** What a worker writes in one transaction: all that its processes told since the one before. */
export type Batch = {
  /** One transaction may be tried again: it is told by its number whether it came through. */
  readonly seq: number
  readonly reports: SentReport[]
  readonly results: { result: Result; entry: Uint8Array; startedMs: number }[]
  /** What became of phones, in its order. */
  readonly kept: Kept[]
  readonly events: SliceEvent[]
}

export const newBatch = (seq: number): Batch => ({ seq, reports: [], results: [], kept: [], events: [] })

/** Moments of a process, moved to the clock of the database and counted from the beginning of the run. */
const moved = (entry: Result['entry'], byMs: number): RunEntry & Result['entry'] => {
  if (entry.kind === 'operation') return { ...entry, startMs: entry.startMs + byMs }
  return entry.kind === 'skipped' ? { ...entry, atMs: entry.atMs + byMs } : entry
}

const startOf = (entry: Result['entry']): number =>
  entry.kind === 'operation' ? entry.startMs : entry.kind === 'skipped' ? entry.atMs : 0

/**
 * Add what a process told.
 *
 * @param clock.offsetMs  how far the clock of the database is ahead; `createdMs`: when the run was made, by that clock.
 */
export const addTold = (
  batch: Batch,
  { process, told, clock }: { process: string; told: Told; clock: { offsetMs: number; createdMs: number } },
): void => {
  const { since, fromMs, results, kept, events } = told
  const { ended, ...counted } = since
  const byMs = fromMs + clock.offsetMs - clock.createdMs
  const ends = ended?.operations.map(operation => moved({ kind: 'operation', ...operation }, byMs)) ?? []
  batch.reports.push({ process, since: counted, ...(ends.length > 0 ? { ended: sentEnds(ends) } : {}) })
  batch.kept.push(...kept)
  batch.events.push(...events)
  for (const result of results) {
    const entry = moved(result.entry, byMs)
    batch.results.push({ result, entry: encodeEntries([entry]), startedMs: Math.round(startOf(entry)) })
  }
}

/** The columns of the table `result`, each with all its values. */
export const resultColumns = ({ results }: Batch): SqlValue[][] => [
  results.map(({ result }) => result.phase),
  results.map(({ result }) => result.phone),
  results.map(({ result }) => result.lap),
  results.map(({ result }) => result.outcome),
  results.map(({ startedMs }) => startedMs),
  results.map(({ result }) => result.totalMs),
  results.map(({ result }) => result.failure ?? null),
  results.map(({ entry }) => entry),
]
