import { isDeviceName } from '@capfkit/codec/capf'
import { type Device, type DeviceChange, type NewDevice, newDevice, OPERATIONS } from '../../device.ts'
import { ServerError } from '../../errors.ts'
import { CERTIFICATE_COLUMNS, COLUMN_FIELDS, COLUMNS, certificateToSql, fromSql, type SqlValue, toSql } from '../columns.ts'
import { applyChange, type DeviceFilter, type DeviceStore, KEY_FIELDS, type Lease, type Outcome } from '../store.ts'
import { DATABASE_NOW } from './clock.ts'
import { Connections, type ConnectionsInit, type Query } from './connections.ts'
import { PostgresRequestStore } from './requests.ts'

const PAGE_ROWS = 500
/** A statement has at most 65535 values. */
const ROWS_A_STATEMENT = 1000

const ALL_COLUMNS = [...COLUMN_FIELDS.map(field => COLUMNS[field].sql), ...CERTIFICATE_COLUMNS].join(', ')
const EDITABLE = COLUMN_FIELDS.filter(field => field !== 'name')
const INSERTED = ['key', ...COLUMN_FIELDS.map(field => COLUMNS[field].sql)]

/** The clock of all nodes; a test gives another one. */
const nowOr = (value: string) => `coalesce(${value}::bigint, ${DATABASE_NOW})`

/** The row still orders what the session was told. */
const SAME_ORDER = `(tkcertificateoperation = $1::int
  AND coalesce(tkkeyorder = $15::int AND tkkeysize = $16::int AND tkeckeysize = $17::int, TRUE))`

const SQL = {
  get: `SELECT ${ALL_COLUMNS} FROM device WHERE key = $1`,
  getToChange: `SELECT ${ALL_COLUMNS} FROM device WHERE key = $1 FOR UPDATE`,
  remove: 'DELETE FROM device WHERE key = $1',
  change: `UPDATE device SET ${EDITABLE.map((field, at) => `${COLUMNS[field].sql} = $${at + 1}`).join(', ')}
           WHERE key = $${EDITABLE.length + 1}`,
  // Of two nodes that come at once the second waits for the row, and then sees that it is taken.
  claim: `UPDATE device SET leasenode = $1, leasetoken = $2
          WHERE key = $3 AND tkcertificateoperation <> ${OPERATIONS.none.number}
          AND (leasenode IS NULL OR leasenode NOT IN (SELECT id FROM node WHERE aliveuntilms > ${nowOr('$4')}))
          RETURNING ${ALL_COLUMNS}`,
  // One statement, one transaction: status, order, certificate and the end of the lease.
  settle: `UPDATE device SET
             tkcertificatestatus = CASE WHEN ${SAME_ORDER} THEN $2::int ELSE tkcertificatestatus END,
             tkcertificateoperation = CASE WHEN ${SAME_ORDER} AND $3::boolean
               THEN ${OPERATIONS.none.number} ELSE tkcertificateoperation END,
             failedattempts = CASE WHEN $3::boolean THEN 0 ELSE coalesce($13::int, failedattempts) END,
             lockeduntilms = CASE WHEN $3::boolean THEN 0 ELSE coalesce($14::bigint, lockeduntilms) END,
             authenticationstring = CASE WHEN authenticationstring = $4 THEN NULL ELSE authenticationstring END,
             certificate = CASE WHEN $5::boolean THEN $6 ELSE certificate END,
             publickey = CASE WHEN $5::boolean THEN $7 ELSE publickey END,
             lscvaliduntil = CASE WHEN $5::boolean THEN $8 ELSE lscvaliduntil END,
             lscissuername = CASE WHEN $5::boolean THEN $9 ELSE lscissuername END,
             lscissuervaliduntil = CASE WHEN $5::boolean THEN $10 ELSE lscissuervaliduntil END,
             leasenode = NULL, leasetoken = NULL
           WHERE key = $11 AND leasetoken = $12`,
  release: 'UPDATE device SET leasenode = NULL, leasetoken = NULL WHERE key = $1 AND leasetoken = $2',
  heartbeat: `INSERT INTO node (id, aliveuntilms) VALUES ($1, ${nowOr('$3')} + $2::bigint)
              ON CONFLICT (id) DO UPDATE SET aliveuntilms = excluded.aliveuntilms`,
  forgetDead: `DELETE FROM node WHERE aliveuntilms < ${nowOr('$1')}`,
  leave: 'DELETE FROM node WHERE id = $1',
  leaveAll: 'DELETE FROM node',
} as const

const query = (name: keyof typeof SQL, values: SqlValue[]): Query => ({ name: `device.${name}`, text: SQL[name], values })

const keyOf = (name: string) => name.toLowerCase()

const where = ({ like, operation, status }: DeviceFilter, values: SqlValue[]): string => {
  const terms: string[] = []
  const term = (sql: string, value: SqlValue) => terms.push(` AND ${sql} $${values.push(value)}`)
  // Without ESCAPE a backslash would mean something, which it does not in SQLite.
  if (like !== undefined) terms.push(` AND name ILIKE $${values.push(like)} ESCAPE ''`)
  if (operation !== undefined) term(`${COLUMNS.operation.sql} =`, OPERATIONS[operation].number)
  if (status !== undefined) term(`${COLUMNS.status.sql} =`, status)
  return terms.join('')
}

/** Rows of these devices in one statement. */
const insert = (devices: readonly NewDevice[]): Query => {
  const rows = devices.map(given => {
    const device = newDevice(given)
    return [keyOf(device.name), ...COLUMN_FIELDS.map(field => toSql(device, field))]
  })
  const width = INSERTED.length
  const places = rows.map((_, row) => `(${INSERTED.map((_, column) => `$${row * width + column + 1}`).join(', ')})`)
  return { text: `INSERT INTO device (${INSERTED.join(', ')}) VALUES ${places.join(', ')}`, values: rows.flat() }
}

export type PostgresDeviceStoreOptions = ConnectionsInit & {
  /** For tests; without it the clock is that of the database. */
  now?: () => number
}

/** A device store on PostgreSQL, for any number of CAPF servers on any number of machines. */
export class PostgresDeviceStore implements DeviceStore {
  readonly requests: PostgresRequestStore
  readonly #connections: Connections
  readonly #now: (() => number) | undefined

  /** Connects when it is first asked for something. @throws {ServerError} `STORE_OPEN_FAILED` for words that are no URL. */
  constructor({ now, ...init }: PostgresDeviceStoreOptions) {
    this.#connections = new Connections(init)
    this.#now = now
    this.requests = new PostgresRequestStore(this.#connections)
  }

  async add(devices: readonly NewDevice[], { replace = false } = {}): Promise<void> {
    for (const { name } of devices) if (!isDeviceName(name)) throw new ServerError('DEVICE_BAD_NAME', JSON.stringify(name))
    // The last one of a name counts, as if they had come one after the other.
    const wanted = replace ? [...new Map(devices.map(device => [keyOf(device.name), device])).values()] : devices
    await this.#connections.transaction(async run => {
      for (let from = 0; from < wanted.length; from += ROWS_A_STATEMENT) {
        const some = wanted.slice(from, from + ROWS_A_STATEMENT)
        const keys = some.map(({ name }) => keyOf(name))
        const text = replace ? 'DELETE FROM device WHERE key = ANY ($1)' : 'SELECT name FROM device WHERE key = ANY ($1) LIMIT 1'
        const { rows } = await run({ text, values: [keys] })
        const twice = some.find(({ name }, at) => keys.indexOf(keyOf(name)) < at)?.name
        const there = rows[0] ? String(rows[0].name) : twice
        if (!replace && there !== undefined) throw new ServerError('DEVICE_EXISTS', there)
        await run(insert(some))
      }
    })
  }

  async get(name: string): Promise<Device | undefined> {
    const { rows } = await this.#connections.run(query('get', [keyOf(name)]))
    return rows[0] && fromSql(rows[0])
  }

  async *list(filter: DeviceFilter = {}): AsyncIterable<Device> {
    for (let after = ''; ; ) {
      const values: SqlValue[] = [after]
      const text = `SELECT key, ${ALL_COLUMNS} FROM device WHERE key > $1${where(filter, values)} ORDER BY key LIMIT ${PAGE_ROWS}`
      const { rows } = await this.#connections.run({ text, values })
      for (const row of rows) yield fromSql(row)
      if (rows.length < PAGE_ROWS) return
      after = String(rows.at(-1)?.key)
    }
  }

  async count(filter: DeviceFilter = {}): Promise<number> {
    const values: SqlValue[] = []
    const text = `SELECT count(*) AS n FROM device WHERE TRUE${where(filter, values)}`
    return Number((await this.#connections.run({ text, values })).rows[0]?.n)
  }

  async change(name: string, change: DeviceChange): Promise<boolean> {
    const key = keyOf(name)
    return this.#connections.transaction(async run => {
      const { rows } = await run(query('getToChange', [key]))
      if (!rows[0]) return false
      const device = applyChange(fromSql(rows[0]), change)
      await run(query('change', [...EDITABLE.map(field => toSql(device, field)), key]))
      if (change.operation !== undefined) await this.requests.supersede(run, key)
      return true
    })
  }

  async remove(name: string): Promise<boolean> {
    return (await this.#connections.run(query('remove', [keyOf(name)]))).rowCount === 1
  }

  async claim({ node, token, name }: Lease): Promise<Device | undefined> {
    const { rows } = await this.#connections.run(query('claim', [node, token, keyOf(name), this.#nowMs]))
    return rows[0] && fromSql(rows[0])
  }

  async settle({ name, token }: Lease, outcome: Outcome): Promise<boolean> {
    const { request } = outcome
    const statement = query('settle', [
      OPERATIONS[outcome.operation].number,
      outcome.status,
      Number(outcome.fulfilled),
      outcome.spentAuthString ?? null,
      Number('certificate' in outcome),
      ...certificateToSql(outcome.certificate),
      keyOf(name),
      token,
      outcome.failedAttempts ?? null,
      outcome.lockedUntilMs ?? null,
      ...KEY_FIELDS.map(field => (outcome.key ? toSql(outcome.key, field) : null)),
    ])
    // One statement is a transaction by itself.
    if (!request) return (await this.#connections.run(statement)).rowCount === 1
    return this.#connections.transaction(async run => {
      const isOurs = (await run(statement)).rowCount === 1
      if (isOurs) await this.requests.settle(run, request)
      return isOurs
    })
  }

  async release({ name, token }: Lease): Promise<void> {
    await this.#connections.run(query('release', [keyOf(name), token]))
  }

  async heartbeat(node: string, untilMs: number): Promise<void> {
    const livesMs = Math.round(untilMs - (this.#nowMs ?? Date.now()))
    await this.#connections.run(query('heartbeat', [node, livesMs, this.#nowMs]))
    await this.#connections.run(query('forgetDead', [this.#nowMs]))
  }

  async leave(node: string): Promise<void> {
    await this.#connections.run(query('leave', [node]))
  }

  async leaveAll(): Promise<void> {
    await this.#connections.run(query('leaveAll', []))
  }

  get #nowMs(): number | null {
    return this.#now?.() ?? null
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connections.close()
  }
}
