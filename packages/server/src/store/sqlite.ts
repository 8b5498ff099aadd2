import type { StatementSync } from 'node:sqlite'
import { isDeviceName } from '@capfkit/codec/capf'
import { type Device, type DeviceChange, type NewDevice, newDevice, OPERATIONS } from '../device.ts'
import { ServerError } from '../errors.ts'
import { CERTIFICATE_COLUMNS, COLUMN_FIELDS, COLUMNS, certificateToSql, fromSql, type SqlValue, toSql } from './columns.ts'
import { SqliteFile } from './sqlite-file.ts'
import { SqliteRequestStore } from './sqlite-requests.ts'
import { applyChange, type DeviceFilter, type DeviceStore, KEY_FIELDS, type Lease, type Outcome } from './store.ts'

const PAGE_ROWS = 500

const ALL_COLUMNS = [...COLUMN_FIELDS.map(field => COLUMNS[field].sql), ...CERTIFICATE_COLUMNS].join(', ')
const EDITABLE = COLUMN_FIELDS.filter(field => field !== 'name')

/** The row still orders what the session was told. */
const SAME_ORDER = `(tkcertificateoperation = ?1 AND coalesce(tkkeyorder = ?15 AND tkkeysize = ?16 AND tkeckeysize = ?17, TRUE))`

const SQL = {
  get: `SELECT ${ALL_COLUMNS} FROM device WHERE name = ?`,
  insert: `INSERT INTO device (${COLUMN_FIELDS.map(field => COLUMNS[field].sql).join(', ')})
           VALUES (${COLUMN_FIELDS.map(() => '?').join(', ')})`,
  remove: 'DELETE FROM device WHERE name = ?',
  change: `UPDATE device SET ${EDITABLE.map(field => `${COLUMNS[field].sql} = ?`).join(', ')} WHERE name = ?`,
  claim: `UPDATE device SET leasenode = ?, leasetoken = ?
          WHERE name = ? AND tkcertificateoperation <> ${OPERATIONS.none.number}
          AND (leasenode IS NULL OR leasenode NOT IN (SELECT id FROM node WHERE aliveuntilms > ?))
          RETURNING ${ALL_COLUMNS}`,
  // One statement, one transaction: status, order, certificate and the end of the lease.
  settle: `UPDATE device SET
             tkcertificatestatus = CASE WHEN ${SAME_ORDER} THEN ?2 ELSE tkcertificatestatus END,
             tkcertificateoperation = CASE WHEN ${SAME_ORDER} AND ?3
               THEN ${OPERATIONS.none.number} ELSE tkcertificateoperation END,
             failedattempts = CASE WHEN ?3 THEN 0 ELSE coalesce(?13, failedattempts) END,
             lockeduntilms = CASE WHEN ?3 THEN 0 ELSE coalesce(?14, lockeduntilms) END,
             authenticationstring = CASE WHEN authenticationstring = ?4 THEN NULL ELSE authenticationstring END,
             certificate = CASE WHEN ?5 THEN ?6 ELSE certificate END,
             publickey = CASE WHEN ?5 THEN ?7 ELSE publickey END,
             lscvaliduntil = CASE WHEN ?5 THEN ?8 ELSE lscvaliduntil END,
             lscissuername = CASE WHEN ?5 THEN ?9 ELSE lscissuername END,
             lscissuervaliduntil = CASE WHEN ?5 THEN ?10 ELSE lscissuervaliduntil END,
             leasenode = NULL, leasetoken = NULL
           WHERE name = ?11 AND leasetoken = ?12`,
  release: 'UPDATE device SET leasenode = NULL, leasetoken = NULL WHERE name = ? AND leasetoken = ?',
  heartbeat:
    'INSERT INTO node (id, aliveuntilms) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET aliveuntilms = excluded.aliveuntilms',
  forgetDead: 'DELETE FROM node WHERE aliveuntilms < ?',
  leave: 'DELETE FROM node WHERE id = ?',
  leaveAll: 'DELETE FROM node',
} as const

const where = ({ like, operation, status }: DeviceFilter): { sql: string; values: SqlValue[] } => {
  const terms: string[] = []
  const values: SqlValue[] = []
  const term = (sql: string, value: SqlValue) => {
    terms.push(sql)
    values.push(value)
  }
  if (like !== undefined) term('name LIKE ?', like)
  if (operation !== undefined) term(`${COLUMNS.operation.sql} = ?`, OPERATIONS[operation].number)
  if (status !== undefined) term(`${COLUMNS.status.sql} = ?`, status)
  return { sql: terms.map(term => ` AND ${term}`).join(''), values }
}

export type SqliteDeviceStoreOptions = {
  file: string
  /** How long an operation waits for a lock of another process before `STORE_LOCKED`. Default 5000 ms. */
  lockTimeoutMs?: number
  now?: () => number
}

/** The default device store: one SQLite file in WAL mode, shared by the workers of one machine and by `capf device`. */
export class SqliteDeviceStore implements DeviceStore {
  readonly requests: SqliteRequestStore
  readonly #file: SqliteFile
  readonly #statements: { readonly [K in keyof typeof SQL]: StatementSync }
  readonly #now: () => number

  /** @throws {ServerError} a `STORE_*` code when the file cannot be opened or is not a store of this version. */
  constructor({ file, lockTimeoutMs = 5000, now = Date.now }: SqliteDeviceStoreOptions) {
    this.#file = new SqliteFile({ file, lockTimeoutMs })
    this.#now = now
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, this.#file.database.prepare(sql)])
    this.#statements = Object.fromEntries(prepared) as { readonly [K in keyof typeof SQL]: StatementSync }
    this.requests = new SqliteRequestStore(this.#file)
    this.#file.waitNoMore()
  }

  async add(devices: readonly NewDevice[], { replace = false } = {}): Promise<void> {
    for (const { name } of devices) if (!isDeviceName(name)) throw new ServerError('DEVICE_BAD_NAME', JSON.stringify(name))
    await this.#file.transaction(() => {
      for (const given of devices) {
        if (replace) this.#statements.remove.run(given.name)
        else if (this.#statements.get.get(given.name)) throw new ServerError('DEVICE_EXISTS', given.name)
        const device = newDevice(given)
        this.#statements.insert.run(...COLUMN_FIELDS.map(field => toSql(device, field)))
      }
    })
  }

  async get(name: string): Promise<Device | undefined> {
    const row = await this.#file.retry(() => this.#statements.get.get(name))
    return row && fromSql(row as Record<string, SqlValue>)
  }

  async *list(filter: DeviceFilter = {}): AsyncIterable<Device> {
    const { sql, values } = where(filter)
    const page = `SELECT ${ALL_COLUMNS} FROM device WHERE name > ?${sql} ORDER BY name LIMIT ${PAGE_ROWS}`
    const statement = await this.#file.retry(() => this.#file.database.prepare(page))
    for (let after = ''; ; ) {
      const rows = await this.#file.retry(() => statement.all(after, ...values))
      for (const row of rows) yield fromSql(row as Record<string, SqlValue>)
      if (rows.length < PAGE_ROWS) return
      after = String(rows.at(-1)?.name)
    }
  }

  async count(filter: DeviceFilter = {}): Promise<number> {
    const { sql, values } = where(filter)
    const count = `SELECT count(*) AS n FROM device WHERE TRUE${sql}`
    return Number((await this.#file.retry(() => this.#file.database.prepare(count).get(...values)))?.n)
  }

  async change(name: string, change: DeviceChange): Promise<boolean> {
    return this.#file.transaction(() => {
      const row = this.#statements.get.get(name)
      if (!row) return false
      const device = applyChange(fromSql(row as Record<string, SqlValue>), change)
      this.#statements.change.run(...EDITABLE.map(field => toSql(device, field)), name)
      if (change.operation !== undefined) this.requests.supersede(name)
      return true
    })
  }

  async remove(name: string): Promise<boolean> {
    return this.#file.retry(() => this.#statements.remove.run(name).changes === 1)
  }

  async claim({ node, token, name }: Lease): Promise<Device | undefined> {
    this.#file.mustBeThere()
    // `get` would stop at the row and not hear that the transaction failed, which ends with the statement: a disk that is full.
    const [row] = await this.#file.retry(() => this.#statements.claim.all(node, token, name, this.#now()))
    return row && fromSql(row as Record<string, SqlValue>)
  }

  async settle({ name, token }: Lease, outcome: Outcome): Promise<boolean> {
    const { request } = outcome
    const write = () => {
      const { changes } = this.#statements.settle.run(
        OPERATIONS[outcome.operation].number,
        outcome.status,
        Number(outcome.fulfilled),
        outcome.spentAuthString ?? null,
        Number('certificate' in outcome),
        ...certificateToSql(outcome.certificate),
        name,
        token,
        outcome.failedAttempts ?? null,
        outcome.lockedUntilMs ?? null,
        ...KEY_FIELDS.map(field => (outcome.key ? toSql(outcome.key, field) : null)),
      )
      if (request && changes === 1) this.requests.settle(request)
      return changes === 1
    }
    // One statement is a transaction by itself.
    return request ? this.#file.transaction(write) : this.#file.retry(write)
  }

  async release({ name, token }: Lease): Promise<void> {
    await this.#file.retry(() => this.#statements.release.run(name, token))
  }

  async heartbeat(node: string, untilMs: number): Promise<void> {
    this.#file.mustBeThere()
    await this.#file.retry(() => {
      this.#statements.heartbeat.run(node, untilMs)
      this.#statements.forgetDead.run(this.#now())
    })
  }

  async leaveAll(): Promise<void> {
    await this.#file.retry(() => this.#statements.leaveAll.run())
  }

  async leave(node: string): Promise<void> {
    await this.#file.retry(() => this.#statements.leave.run(node))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close()
  }
}
