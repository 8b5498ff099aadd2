import { setTimeout as delay } from 'node:timers/promises'
import { type Connections, type Query, ServerError } from '@capfkit/server'
import { PgBoss } from 'pg-boss'
import library from 'pg-boss/package.json' with { type: 'json' }

/** Which slice of the phones a worker may take. */
type SliceJob = { readonly slice: number }

/** The tables of the queue, beside ours. */
const SCHEMA = 'capf_fleet_queue'
/** Whoever was handed a slice and died before it took it has lost it after this time. */
const TAKEN_SECONDS = 15
const ATTEMPTS = 5
const AGAIN_MS = 200
const MADE_AT_ONCE = new Set(['STORE_FAILED', 'STORE_LOCKED'])
/** What this library makes of its tables; it would take those of a newer one for its own. */
const VERSION = library.pgboss.schema
const RETENTION_SECONDS = 24 * 3_600

const NOT_THERE = /^Queue .* does not exist$/

/** A run that has just ended has no queue any more: nobody wants or has anything of it. */
const ifThere = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: Error) => {
    if (NOT_THERE.test(error.message)) return undefined
    throw error
  })

const queueOf = (run: string) => `slices-${run}`

/** The library on its tables, which are made or brought up where they are not as it has them. */
const started = async (connections: Connections): Promise<PgBoss> => {
  const executeSql = (text: string, values: unknown[] = []) => connections.run({ text, values: values as Query['values'] })
  const bossOf = (migrate: boolean): PgBoss => {
    // Who runs is told by our own tables, which one transaction fences: the queue needs no watch of its own.
    const boss = new PgBoss({ db: { executeSql }, schema: SCHEMA, schedule: false, supervise: false, migrate })
    // What goes wrong is told to whoever asked.
    boss.on('error', () => {})
    return boss
  }
  const using = bossOf(false)
  const version = (await using.isInstalled()) ? ((await using.schemaVersion()) ?? 0) : 0
  if (version > VERSION) throw new ServerError('STORE_NEWER_SCHEMA', `${SCHEMA} in ${connections.place}`)
  // Whoever brings tables up does in the background what is left of that. Others need no rights for it.
  const boss = version === VERSION ? using : bossOf(true)
  await boss.start()
  return boss
}

/**
 * Hands out the slices of a run that nobody has: a job of pg-boss each. That a worker has one is written beside the results, so a job
 * that comes twice does no harm.
 */
export class SliceQueue implements AsyncDisposable {
  readonly #boss: PgBoss

  private constructor(boss: PgBoss) {
    this.#boss = boss
  }

  /** @throws ServerError `STORE_NEWER_SCHEMA` for tables of a newer version of the library; another `STORE_*` code. */
  static async open(connections: Connections): Promise<SliceQueue> {
    for (let attempt = 1; ; attempt++) {
      try {
        return new SliceQueue(await started(connections))
      } catch (error) {
        // Of those who make the tables at the same moment all but one fail.
        if (attempt === ATTEMPTS || !(error instanceof ServerError) || !MADE_AT_ONCE.has(error.code)) throw error
        await delay(attempt * AGAIN_MS)
      }
    }
  }

  /** The run begins, or goes on: its queue is there. */
  async create(run: string): Promise<void> {
    const queue = queueOf(run)
    if (await this.#boss.getQueue(queue)) return
    await this.#boss.createQueue(queue, { expireInSeconds: TAKEN_SECONDS, retentionSeconds: RETENTION_SECONDS })
  }

  /** Nobody has these slices. */
  async offer(run: string, slices: readonly number[]): Promise<void> {
    if (slices.length === 0) return
    await ifThere(
      this.#boss.insert(
        queueOf(run),
        slices.map(slice => ({ data: { slice } })),
      ),
    )
  }

  /** At most so many slices that nobody else is handed. */
  async take(run: string, most: number): Promise<number[]> {
    const queue = queueOf(run)
    const jobs = (await ifThere(this.#boss.fetch<SliceJob>(queue, { batchSize: most }))) ?? []
    if (jobs.length > 0)
      await this.#boss.complete(
        queue,
        jobs.map(({ id }) => id),
      )
    return jobs.map(({ data }) => data.slice)
  }

  /** The run is over. */
  async drop(run: string): Promise<void> {
    await this.#boss.deleteQueue(queueOf(run))
  }

  /** Nobody wants or has anything of runs that are not there any more. @param runs  those that are. */
  async dropOthers(runs: readonly string[]): Promise<void> {
    const wanted = new Set(runs.map(queueOf))
    for (const { name } of await this.#boss.getQueues())
      if (name.startsWith(queueOf('')) && !wanted.has(name)) await this.#boss.deleteQueue(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false }).catch(() => {})
  }
}
