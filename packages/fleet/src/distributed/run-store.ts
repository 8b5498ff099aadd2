import { encodeEntries, type RunEntry, RunReader, type RunRecord } from '@capfkit/codec/run'
import { type Connections, DATABASE_NOW, type Query, type RunStatements } from '@capfkit/server'
import type { RoundSummary } from '../summary.ts'
import type { Told } from './slice-messages.ts'

/** What is wanted of the workers of a run at this moment. */
export type RunPace = { factor: number; paused: boolean; draining: boolean; stopping: boolean; graceMs?: number | undefined }

/** As its plan says. */
export const AS_PLANNED: RunPace = { factor: 1, paused: false, draining: false, stopping: false }

/** A run as it stands in the store: `preparing` until workers may come, `open` until it has ended, `stopped` as long as it can go on. */
export type RunRow = {
  id: string
  version: string
  state: 'preparing' | 'open' | 'stopped' | 'ended'
  slices: number
  createdMs: number
  /** Phases of which everything is ordered, and that have begun, up to this one. */
  ordered: number
  phase: number
  beganMs: number | undefined
  rounds: RoundSummary[]
  pace: RunPace
  isLed: boolean
}

/** What a process counted of a second, as it is sent; `ended`: single operations, entries of a run file in Base64. */
export type SentReport = { process: string; since: Omit<Told['since'], 'ended'>; ended?: string }

/** Their moments count from the beginning of the run. */
export const sentEnds = (entries: readonly RunEntry[]): string => Buffer.from(encodeEntries(entries)).toString('base64')

/** @param header  of the run. */
export const endsFrom = (ended: string, header: RunRecord<'Header'>): RunRecord<'Operation'>[] =>
  new RunReader('report', header).push(Buffer.from(ended, 'base64')).filter(entry => entry.kind === 'operation')

const RUN = `id, version, state, slices, createdms, ordered, phase, beganms, rounds, pace, coordinatoruntilms > ${DATABASE_NOW} AS led`

export const SQL = {
  now: `SELECT ${DATABASE_NOW} AS ms`,
  run: `SELECT ${RUN} FROM capf_fleet.run WHERE id = $1`,
  openRun: `SELECT ${RUN} FROM capf_fleet.run WHERE state = 'open' ORDER BY number DESC LIMIT 1`,
  newestRun: `SELECT ${RUN} FROM capf_fleet.run WHERE state <> 'preparing' ORDER BY number DESC LIMIT 1`,
  given: 'SELECT plan, job FROM capf_fleet.run WHERE id = $1',
  // What a worker holds by a row of its own: one statement fences everything that it writes.
  beat: `UPDATE capf_fleet.worker SET aliveuntilms = ${DATABASE_NOW} + $2::bigint WHERE id = $1 AND state = 'alive' RETURNING id`,
  workers: `SELECT w.id, w.name, w.processes, w.clockoffsetms, w.roundtripms, w.aliveuntilms > ${DATABASE_NOW} AS alive,
              (SELECT count(*) FROM capf_fleet.slice s WHERE s.worker = w.id)::int AS slices
            FROM capf_fleet.worker w WHERE w.run = $1 AND w.state = 'alive' ORDER BY w.id`,
  slices: 'SELECT number, worker, ready, phasedone FROM capf_fleet.slice WHERE run = $1 ORDER BY number',
} as const

export const statement = (name: keyof typeof SQL, values: Query['values']): Query => ({
  name: `fleet.${name}`,
  text: SQL[name],
  values,
})

type Rows = Awaited<ReturnType<RunStatements>>['rows']

export const runFrom = (row: Rows[number] | undefined): RunRow | undefined =>
  row && {
    id: String(row.id),
    version: String(row.version),
    state: row.state as RunRow['state'],
    slices: Number(row.slices),
    createdMs: Number(row.createdms),
    ordered: Number(row.ordered),
    phase: Number(row.phase),
    beganMs: row.beganms === null ? undefined : Number(row.beganms),
    rounds: row.rounds as never,
    pace: row.pace as never,
    isLed: (row.led as unknown) === true,
  }

export type WorkerRow = {
  id: string
  name: string
  processes: number
  clockOffsetMs: number
  roundTripMs: number
  alive: boolean
  slices: number
}

export const workersOf = async (connections: Connections, run: string): Promise<WorkerRow[]> => {
  const { rows } = await connections.run(statement('workers', [run]))
  return rows.map(row => ({
    id: String(row.id),
    name: String(row.name),
    processes: Number(row.processes),
    clockOffsetMs: Number(row.clockoffsetms),
    roundTripMs: Number(row.roundtripms),
    alive: (row.alive as unknown) === true,
    slices: Number(row.slices),
  }))
}

export type SliceRow = { number: number; worker: string | undefined; ready: boolean; phaseDone: number }

export const slicesOf = async (connections: Connections, run: string): Promise<SliceRow[]> => {
  const { rows } = await connections.run(statement('slices', [run]))
  return rows.map(row => ({
    number: Number(row.number),
    worker: row.worker === null ? undefined : String(row.worker),
    ready: (row.ready as unknown) === true,
    phaseDone: Number(row.phasedone),
  }))
}
