import type { StatementSync } from 'node:sqlite'
import type { SqlValue } from './columns.ts'
import { led, numbersOf, REQUEST_COLUMNS, requestFromSql, STATE_NUMBERS, statesOf } from './request-columns.ts'
import {
  ANSWERED,
  type KeptRequest,
  MAX_SUPERSEDED,
  type NewRequest,
  REQUEST_STATES,
  type RequestFilter,
  type RequestOutcome,
  type RequestStore,
  SUPERSEDED,
  UNDECIDED,
} from './requests.ts'
import type { SqliteFile } from './sqlite-file.ts'

const PAGE_ROWS = 200

const { waiting, unanswered, superseded } = REQUEST_STATES
const COLUMNS = REQUEST_COLUMNS.join(', ')

const SQL = {
  insert: `INSERT INTO request (device, state, csr, keyid, createdms, duems)
           SELECT name, ${waiting.number}, ?, ?, ?, ? FROM device WHERE name = ?`,
  supersede: `UPDATE request SET state = ${led(SUPERSEDED)} WHERE device = ?`,
  supersedeOne: `UPDATE request SET state = ${led(SUPERSEDED)} WHERE id = ?`,
  // What is left of a device before it gets another request.
  forgetOldest: `DELETE FROM request WHERE device = ?1 AND id NOT IN
                   (SELECT id FROM request WHERE device = ?1 ORDER BY id DESC LIMIT ${MAX_SUPERSEDED})`,
  current: `SELECT ${COLUMNS} FROM request WHERE device = ? AND state IN (${STATE_NUMBERS.current})`,
  withKey: `SELECT ${COLUMNS} FROM request WHERE keyid = ? AND certificate IS NULL ORDER BY id`,
  answer: `UPDATE request SET state = ${led(ANSWERED)}, certificate = ?, duems = NULL
           WHERE id = ? AND state IN (${statesOf(ANSWERED)}) RETURNING state`,
  giveUp: `UPDATE request SET state = ${unanswered.number}, duems = NULL WHERE id = ? AND state = ${waiting.number}`,
  postpone: `UPDATE request SET state = ${led(UNDECIDED)}, duems = ?, undecided = 1 WHERE id = ? AND state IN (${statesOf(UNDECIDED)})`,
  takeDue: `UPDATE request SET duems = ? WHERE id =
              (SELECT id FROM request WHERE duems <= ? AND (state = ${waiting.number} OR undecided AND state = ${superseded.number})
               ORDER BY duems LIMIT 1)
            RETURNING ${COLUMNS}`,
  remove: 'DELETE FROM request WHERE id = ?',
} as const

const where = ({ like, states }: RequestFilter): { sql: string; values: SqlValue[] } => ({
  sql: `${like === undefined ? '' : ' AND device LIKE ?'}${states ? ` AND state IN (${numbersOf(states)})` : ''}`,
  values: like === undefined ? [] : [like],
})

/** The requests in the file of the device store. */
export class SqliteRequestStore implements RequestStore {
  readonly #file: SqliteFile
  readonly #statements: { readonly [K in keyof typeof SQL]: StatementSync }

  constructor(file: SqliteFile) {
    this.#file = file
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, file.database.prepare(sql)])
    this.#statements = Object.fromEntries(prepared) as { readonly [K in keyof typeof SQL]: StatementSync }
  }

  keep({ deviceName, csrDer, keyId, createdMs, dueMs }: NewRequest): Promise<number | undefined> {
    return this.#file.transaction(() => {
      this.#statements.supersede.run(deviceName)
      this.#statements.forgetOldest.run(deviceName)
      const { changes, lastInsertRowid } = this.#statements.insert.run(csrDer, keyId, createdMs, dueMs ?? null, deviceName)
      return changes === 1 ? Number(lastInsertRowid) : undefined
    })
  }

  async current(deviceName: string): Promise<KeptRequest | undefined> {
    return (await this.#rows(() => this.#statements.current.all(deviceName)))[0]
  }

  withKey(keyId: string): Promise<KeptRequest[]> {
    return this.#rows(() => this.#statements.withKey.all(keyId))
  }

  async answer(id: number, certificateDer: Buffer): Promise<'issued' | 'stale' | undefined> {
    const [row] = await this.#file.retry(() => this.#statements.answer.all(certificateDer, id))
    if (!row) return undefined
    return Number(row.state) === REQUEST_STATES.issued.number ? 'issued' : 'stale'
  }

  async giveUp(id: number): Promise<void> {
    await this.#file.retry(() => this.#statements.giveUp.run(id))
  }

  async postpone(id: number, dueMs: number): Promise<void> {
    await this.#file.retry(() => this.#statements.postpone.run(dueMs, id))
  }

  async takeDue({ nowMs, untilMs }: { nowMs: number; untilMs: number }): Promise<KeptRequest | undefined> {
    return (await this.#rows(() => this.#statements.takeDue.all(untilMs, nowMs)))[0]
  }

  remove(id: number): Promise<boolean> {
    return this.#file.retry(() => this.#statements.remove.run(id).changes === 1)
  }

  async *list(filter: RequestFilter = {}): AsyncIterable<KeptRequest> {
    const { sql, values } = where(filter)
    const page = `SELECT ${COLUMNS} FROM request WHERE id > ?${sql} ORDER BY id LIMIT ${PAGE_ROWS}`
    const statement = await this.#file.retry(() => this.#file.database.prepare(page))
    for (let after = 0; ; ) {
      const rows = await this.#rows(() => statement.all(after, ...values))
      yield* rows
      if (rows.length < PAGE_ROWS) return
      after = rows.at(-1)!.id
    }
  }

  async count(filter: RequestFilter = {}): Promise<number> {
    const { sql, values } = where(filter)
    const count = `SELECT count(*) AS n FROM request WHERE TRUE${sql}`
    return Number((await this.#file.retry(() => this.#file.database.prepare(count).get(...values)))?.n)
  }

  /** The device has another order. Inside a transaction of the device store, as is {@link settle}. */
  supersede(deviceName: string): void {
    this.#statements.supersede.run(deviceName)
  }

  settle({ id, becomes }: RequestOutcome): void {
    this.#statements[becomes === 'done' ? 'remove' : 'supersedeOne'].run(id)
  }

  async #rows(read: () => unknown[]): Promise<KeptRequest[]> {
    return ((await this.#file.retry(read)) as Record<string, SqlValue>[]).map(requestFromSql)
  }
}
