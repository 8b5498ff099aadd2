import type { Pool, PoolClient, QueryResult } from 'pg'
import { ServerError } from '../../errors.ts'
import type { SqlValue } from '../columns.ts'
import { isCollision, postgresError } from './errors.ts'
import { type DatabaseSchema, DEVICE_SCHEMA, migrate } from './migrations.ts'

/** One statement. With a name it is prepared once in each connection. */
export type Query = {
  readonly name?: string
  readonly text: string
  readonly values: (SqlValue | boolean | readonly SqlValue[])[]
}
export type Row = Readonly<Record<string, SqlValue>>
/** Runs statements, each in a transaction of its own or all in one. */
export type Run = (query: Query) => Promise<QueryResult<Row>>

export type ConnectionsInit = {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what is left out comes from the PG… variables. */
  url: string
  /** At most so many connections of this process. */
  most: number
  /** How long a connection or a lock may take, ms. */
  timeoutMs: number
  /** What is kept there; devices without it. */
  schema?: DatabaseSchema
}

/** After a failed connect the next one is tried no sooner than this, twice as late each time, ms. */
const BACK_OFF = { firstMs: 100, mostMs: 5_000 }
const COLLISIONS = 5
/** A statement has that much of the time of a lock, before the client gives it up. */
const STATEMENT_SHARE = 1.5
/** A new connection costs as much CPU as two enrolments (its password is hashed 4096 times): those of a storm are there for its next wave. */
const IDLE_MS = 300_000

/** Where the store is, without the password. @throws {ServerError} `STORE_OPEN_FAILED` */
export const databaseOf = (url: string): string => {
  try {
    const { username, host, pathname } = new URL(url)
    return `postgres://${username === '' ? '' : `${username}@`}${host}${pathname}`
  } catch (cause) {
    throw new ServerError('STORE_OPEN_FAILED', 'postgres://…', { cause })
  }
}

/**
 * Connections to one database, made when they are needed. Its schema is brought to this version with the first of them. While the
 * database is away every call fails at once, but one now and then that looks whether it is back.
 */
export class Connections {
  readonly place: string
  readonly #init: ConnectionsInit
  /** Made when it is needed: who has another kind of store need not load the library. */
  #pool: Promise<Pool> | undefined
  /** The same with its schema in order. */
  #ready: Promise<Pool> | undefined
  #awayUntilMs = 0
  /** Why it was away the last time. */
  #awayCause: unknown
  #closed: Promise<void> | undefined
  #backOffMs: number = BACK_OFF.firstMs

  /** @throws {ServerError} `STORE_OPEN_FAILED` for words that are no URL. */
  constructor(init: ConnectionsInit) {
    this.#init = init
    this.place = databaseOf(init.url)
  }

  async #newPool(): Promise<Pool> {
    const { url, most, timeoutMs } = this.#init
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({
      connectionString: url,
      max: most,
      connectionTimeoutMillis: timeoutMs,
      idleTimeoutMillis: IDLE_MS,
      lock_timeout: timeoutMs,
      // Later than that, or it would always come first and nobody would hear of a lock.
      statement_timeout: Math.ceil(STATEMENT_SHARE * timeoutMs),
      // The server ends a statement that waits; this ends one whose server is gone without a word.
      query_timeout: 2 * timeoutMs,
      idle_in_transaction_session_timeout: 2 * timeoutMs,
      keepAlive: true,
      application_name: 'capfkit',
    })
    // An idle connection that is lost; the pool makes another one when it needs it.
    pool.on('error', () => {})
    return pool
  }

  /** @throws {ServerError} a `STORE_*` code. */
  async run(query: Query): Promise<QueryResult<Row>> {
    return this.#guarded(async () => (await this.#opened()).query<Row>(query))
  }

  /** All or nothing. What collides with another transaction is done again. @throws {ServerError} a `STORE_*` code. */
  async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      const pool = await this.#opened()
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(pool, work)
        } catch (cause) {
          if (attempt === COLLISIONS || !isCollision(cause)) throw cause
        }
      }
    })
  }

  /** The schema is there; whoever comes first sees to it. */
  #opened(): Promise<Pool> {
    this.#ready ??= this.#open().catch(cause => {
      this.#ready = undefined
      throw cause
    })
    return this.#ready
  }

  async #open(): Promise<Pool> {
    this.#pool ??= this.#newPool()
    const pool = await this.#pool
    const client = await pool.connect()
    const onLost = () => {}
    client.on('error', onLost)
    try {
      await migrate(client, { place: this.place, schema: this.#init.schema ?? DEVICE_SCHEMA })
    } finally {
      client.off('error', onLost)
      client.release()
    }
    return pool
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    const now = performance.now()
    if (now < this.#awayUntilMs) throw new ServerError('STORE_AWAY', this.place, { cause: this.#awayCause })
    try {
      const result = await work()
      this.#backOffMs = BACK_OFF.firstMs
      return result
    } catch (cause) {
      const error = postgresError(this.place, cause)
      if (error.code === 'STORE_AWAY' && now >= this.#awayUntilMs) {
        this.#awayUntilMs = performance.now() + this.#backOffMs
        this.#awayCause = error.cause
        this.#backOffMs = Math.min(BACK_OFF.mostMs, 2 * this.#backOffMs)
      }
      throw error
    }
  }

  /** Also twice: a server that cannot start is ended by itself and by its parent. */
  close(): Promise<void> {
    this.#closed ??= (async () => (await this.#pool)?.end())()
    return this.#closed
  }
}

/** @returns what is wrong with the connection if it cannot be used any more. */
const rolledBack = async (client: PoolClient): Promise<unknown> => {
  try {
    await client.query('ROLLBACK')
    return undefined
  } catch (cause) {
    return cause
  }
}

/** All or nothing, in one connection. */
const once = async <T>(pool: Pool, work: (run: Run) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  let lost: unknown
  // A connection that ends while it does nothing says so; without a listener that would end this process.
  const onLost = (cause: Error) => {
    lost = cause
  }
  client.on('error', onLost)
  try {
    await client.query('BEGIN')
    const result = await work(query => client.query<Row>(query))
    await client.query('COMMIT')
    return result
  } catch (cause) {
    lost ??= await rolledBack(client)
    throw cause
  } finally {
    client.off('error', onLost)
    client.release(lost instanceof Error ? lost : undefined)
  }
}
