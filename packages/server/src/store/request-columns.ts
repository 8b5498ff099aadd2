import type { SqlValue } from './columns.ts'
import { CURRENT, type KeptRequest, REQUEST_STATES, type RequestState } from './requests.ts'

/** Columns of the `request` table that a {@link KeptRequest} is read from. */
export const REQUEST_COLUMNS = [
  ...['id', 'device', 'state', 'csr', 'keyid', 'createdms', 'duems', 'undecided', 'certificate'],
] as const

const STATES = Object.keys(REQUEST_STATES) as RequestState[]
const numberOf = (state: RequestState) => REQUEST_STATES[state].number

/** `1, 2`: states as their numbers in SQL; none of them is what no row has. */
export const numbersOf = (states: readonly RequestState[]): string => states.map(numberOf).join(', ') || 'NULL'

export const STATE_NUMBERS = { current: numbersOf(CURRENT) } as const

type StateTable = { readonly [S in RequestState]?: RequestState }

/** The states that a table of states has a row for. */
export const statesOf = (table: StateTable): string => numbersOf(Object.keys(table) as RequestState[])

/** `CASE state WHEN 1 THEN 4 … END`: where a table of states leads. */
export const led = (table: StateTable): string =>
  `CASE state ${Object.entries(table)
    .map(([from, to]) => `WHEN ${numberOf(from as RequestState)} THEN ${numberOf(to)}`)
    .join(' ')} ELSE state END`

const bytes = (value: SqlValue | undefined): Buffer | undefined =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined

export const requestFromSql = (row: Readonly<Record<string, SqlValue>>): KeptRequest => ({
  id: Number(row.id),
  deviceName: String(row.device),
  state: STATES.find(state => numberOf(state) === Number(row.state)) ?? 'superseded',
  csrDer: bytes(row.csr) ?? Buffer.alloc(0),
  keyId: String(row.keyid),
  createdMs: Number(row.createdms),
  dueMs: row.duems === null ? undefined : Number(row.duems),
  isUndecided: Number(row.undecided) === 1,
  certificateDer: bytes(row.certificate),
})
