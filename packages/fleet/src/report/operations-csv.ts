import type { RunRecord } from '@capfkit/codec/run'
import { findRun, readParts } from './read-run.ts'
import { becameOf } from './run-accounts.ts'

const COLUMNS = [
  'phone',
  'device',
  'round',
  'operation',
  'startMs',
  'lateMs',
  'totalMs',
  'result',
  'side',
  'phase',
  'reason',
  'disturbance',
  'outcome',
]

/** Quoted where it must be (RFC 4180); a spreadsheet takes nothing in it for a formula. */
const cell = (value: string | number): string => {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const rounded = (ms: number) => Math.round(ms * 1000) / 1000

const rowOf = (operation: RunRecord<'Operation'>, header: RunRecord<'Header'>): string => {
  const { phone, deviceName, round, startMs, lateMs, totalMs, failure, phases, phasesMs } = operation
  const times = header.phases.map((_, index) => {
    const ms = phasesMs[phases.indexOf(index)]
    return ms === undefined ? '' : rounded(ms)
  })
  const { side = '', phase = '', reason = '' } = failure ?? {}
  const name = header.operations[operation.operation] ?? 'unknown'
  const startedMs = rounded(header.startedMs + startMs)
  const { disturbance = '', outcome = '' } = operation
  const result = becameOf(operation)
  return [
    phone,
    deviceName,
    round,
    name,
    startedMs,
    rounded(lateMs),
    rounded(totalMs),
    result,
    side,
    phase,
    reason,
    disturbance,
    outcome,
    ...times,
  ]
    .map(cell)
    .join(',')
}

/**
 * A line for each operation, in the order in which they ended within each process. `startMs` is in ms since 1970; the phases come
 * last, in ms, empty where an operation did not reach them.
 *
 * @throws {RunError}
 */
export const operationsCsv = async (folder: string): Promise<Buffer> => {
  const files = await findRun(folder)
  const text = (lines: readonly string[]) => Buffer.from(lines.map(line => `${line}\r\n`).join(''))
  const head = [...COLUMNS, ...files.generations[0].header.phases.map(phase => `${phase}Ms`)].map(cell).join(',')
  const chunks = [text([head])]
  await readParts(files, (entries, header) => {
    chunks.push(text(entries.flatMap(entry => (entry.kind === 'operation' ? [rowOf(entry, header)] : []))))
  })
  return Buffer.concat(chunks)
}
