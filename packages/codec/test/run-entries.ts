import fc from 'fast-check'
import { type FieldRow, type RecordName, RUN_FORMAT, RUN_RECORDS, RUN_VERSION, type RunEntry } from '../src/run/index.ts'

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  uint32: fc.nat({ max: 0xffffffff }),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  bool: fc.boolean(),
  string: fc.string({ unit: 'binary', maxLength: 40 }).filter(text => text.isWellFormed()),
  bytes: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
}

const isRecord = (type: string): type is RecordName => Object.hasOwn(RUN_RECORDS, type)

const anyValue = ({ type, many }: FieldRow): fc.Arbitrary<unknown> => {
  const one = isRecord(type) ? recordOf(type) : SCALARS[type]!
  return many ? fc.array(one, { maxLength: 5 }) : one
}

/** Any value of a record, from its row. */
const recordOf = (name: RecordName): fc.Arbitrary<object> => {
  const fields = Object.entries<FieldRow>(RUN_RECORDS[name].fields)
  const optional = fields.filter(([, { type, many, maybe }]) => maybe || (isRecord(type) && !many)).map(([field]) => field)
  const values = Object.fromEntries(fields.map(([field, row]) => [field, anyValue(row)]))
  const requiredKeys = fields.map(([field]) => field).filter(field => !optional.includes(field))
  return fc.record(values, { requiredKeys, noNullPrototype: true })
}

const entryOf = (kind: keyof typeof RUN_RECORDS.Entry.fields): fc.Arbitrary<RunEntry> =>
  recordOf(RUN_RECORDS.Entry.fields[kind].type).map(value => ({ ...value, kind }) as RunEntry)

const { header: _, ...others } = RUN_RECORDS.Entry.fields

/** A header, as each file begins, and any entries after it. */
export const runEntries = fc
  .tuple(
    entryOf('header').map(header => ({ ...header, format: RUN_FORMAT, version: RUN_VERSION }) as RunEntry),
    fc.array(fc.oneof(...Object.keys(others).map(kind => entryOf(kind as keyof typeof others))), { maxLength: 12 }),
  )
  .map(([header, entries]) => [header, ...entries])

/** The header of a small run. */
export const HEADER: RunEntry = {
  kind: 'header',
  format: RUN_FORMAT,
  version: RUN_VERSION,
  startedMs: 1_764_000_000_000.5,
  part: 'client',
  process: 1,
  processes: 2,
  seed: 7,
  options: [{ name: 'rate', value: '50' }],
  target: '127.0.0.1:3804',
  phones: 3,
  rounds: [{ operation: 'install', total: 3 }],
  phases: ['connect', 'tls'],
  operations: ['install', 'unknown'],
}

/** One that failed, with what went over the wire. */
export const FAILED: RunEntry = {
  kind: 'operation',
  phone: 2,
  deviceName: 'SEP020000000002',
  round: 0,
  operation: 1,
  startMs: 40.25,
  lateMs: 0.25,
  totalMs: 12.5,
  phases: [0, 1],
  phasesMs: [0.5, 12],
  failure: {
    side: 'server',
    phase: 'tls',
    reason: 'PHONE_TLS_FAILED',
    detail: 'handshake failure',
    frames: [{ fromClient: true, atMs: 1.5, data: Buffer.from('550002', 'hex') }],
  },
}

/** One that was done. */
export const DONE: RunEntry = {
  kind: 'operation',
  phone: 0,
  deviceName: 'SEP020000000000',
  round: 0,
  operation: 0,
  startMs: 0,
  lateMs: 0,
  totalMs: 30.5,
  phases: [0, 1],
  phasesMs: [1, 29.5],
}
