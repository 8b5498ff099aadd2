import type { SqlValue } from '../columns.ts'
import { led, numbersOf, REQUEST_COLUMNS, requestFromSql, STATE_NUMBERS, statesOf } from '../request-columns.ts'
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
} from '../requests.ts'
import type { Connections, Query, Run } from './connections.ts'

const PAGE_ROWS = 200

const { waiting, unanswered, superseded } = REQUEST_STATES
/** As in the other stores the device is called by the name in its row. */
const COLUMNS = REQUEST_COLUMNS.map(column => (column === 'device' ? 'name AS device' : column)).join(', ')

const SQL = {
  insert: `INSERT INTO request (device, name, state, csr, keyid, createdms, duems)
           SELECT key, name, ${waiting.number}, $1::bytea, $2::text, $3::bigint, $4::bigint FROM device WHERE key = $5
           RETURNING id`,
  supersede: `UPDATE request SET state = ${led(SUPERSEDED)} WHERE device = $1`,
  supersedeOne: `UPDATE request SET state = ${led(SUPERSEDED)} WHERE id = $1`,
  // What is left of a device before it gets another request.
  forgetOldest: `DELETE FROM request WHERE device = $1 AND id NOT IN
                   (SELECT id FROM request WHERE device = $1 ORDER BY id DESC LIMIT ${MAX_SUPERSEDED})`,
  current: `SELECT ${COLUMNS} FROM request WHERE device = $1 AND state IN (${STATE_NUMBERS.current})`,
  withKey: `SELECT ${COLUMNS} FROM request WHERE keyid = $1 AND certificate IS NULL ORDER BY id`,
  answer: `UPDATE request SET state = ${led(ANSWERED)}, certificate = $1, duems = NULL
           WHERE id = $2 AND state IN (${statesOf(ANSWERED)}) RETURNING state`,
  giveUp: `UPDATE request SET state = ${unanswered.number}, duems = NULL WHERE id = $1 AND state = ${waiting.number}`,
  postpone: `UPDATE request SET state = ${led(UNDECIDED)}, duems = $1, undecided = 1
             WHERE id = $2 AND state IN (${statesOf(UNDECIDED)})`,
  // A row that another node is about to take is left to it.
  takeDue: `UPDATE request SET duems = $1 WHERE id =
              (SELECT id FROM request
               WHERE duems <= $2 AND (state = ${waiting.number} OR undecided = 1 AND state = ${superseded.number})
               ORDER BY duems LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING ${COLUMNS}`,
  remove: 'DELETE FROM request WHERE id = $1',
} as const

const query = (name: keyof typeof SQL, values: SqlValue[]): Query => ({ name: `request.${name}`, text: SQL[name], values })

const where = ({ like, states }: RequestFilter, values: SqlValue[]): string =>
  `${like === undefined ? '' : ` AND name ILIKE $${values.push(like)} ESCAPE ''`}${states ? ` AND state IN (${numbersOf(states)})` : ''}`

/** The requests in the database of the device store. */
export class PostgresRequestStore implements RequestStore {
  readonly #connections: Connections

  constructor(connections: Connections) {
    this.#connections = connections
  }

  keep({ deviceName, csrDer, keyId, createdMs, dueMs }: NewRequest): Promise<number | undefined> {
    const key = deviceName.toLowerCase()
    return this.#connections.transaction(async run => {
      await run(query('supersede', [key]))
      await run(query('forgetOldest', [key]))
      const { rows } = await run(query('insert', [csrDer, keyId, createdMs, dueMs ?? null, key]))
      return rows[0] && Number(rows[0].id)
    })
  }

  async current(deviceName: string): Promise<KeptRequest | undefined> {
    return (await this.#rows(query('current', [deviceName.toLowerCase()])))[0]
  }

  withKey(keyId: string): Promise<KeptRequest[]> {
    return this.#rows(query('withKey', [keyId]))
  }

  async answer(id: number, certificateDer: Buffer): Promise<'issued' | 'stale' | undefined> {
    const { rows } = await this.#connections.run(query('answer', [certificateDer, id]))
    if (!rows[0]) return undefined
    return Number(rows[0].state) === REQUEST_STATES.issued.number ? 'issued' : 'stale'
  }

  async giveUp(id: number): Promise<void> {
    await this.#connections.run(query('giveUp', [id]))
  }

  async postpone(id: number, dueMs: number): Promise<void> {
    await this.#connections.run(query('postpone', [dueMs, id]))
  }

  async takeDue({ nowMs, untilMs }: { nowMs: number; untilMs: number }): Promise<KeptRequest | undefined> {
    return (await this.#rows(query('takeDue', [untilMs, nowMs])))[0]
  }

  async remove(id: number): Promise<boolean> {
    return (await this.#connections.run(query('remove', [id]))).rowCount === 1
  }

  async *list(filter: RequestFilter = {}): AsyncIterable<KeptRequest> {
    for (let after = 0; ; ) {
      const values: SqlValue[] = [after]
      const text = `SELECT ${COLUMNS} FROM request WHERE id > $1${where(filter, values)} ORDER BY id LIMIT ${PAGE_ROWS}`
      const rows = await this.#rows({ text, values })
      yield* rows
      if (rows.length < PAGE_ROWS) return
      after = rows.at(-1)!.id
    }
  }

  async count(filter: RequestFilter = {}): Promise<number> {
    const values: SqlValue[] = []
    const text = `SELECT count(*) AS n FROM request WHERE TRUE${where(filter, values)}`
    return Number((await this.#connections.run({ text, values })).rows[0]?.n)
  }

  /** The device has another order. Inside a transaction of the device store, as is {@link PostgresRequestStore.settle}. */
  async supersede(run: Run, deviceKey: string): Promise<void> {
    await run(query('supersede', [deviceKey]))
  }

  async settle(run: Run, { id, becomes }: RequestOutcome): Promise<void> {
    await run(query(becomes === 'done' ? 'remove' : 'supersedeOne', [id]))
  }

  async #rows(statement: Query): Promise<KeptRequest[]> {
    return (await this.#connections.run(statement)).rows.map(requestFromSql)
  }
}
