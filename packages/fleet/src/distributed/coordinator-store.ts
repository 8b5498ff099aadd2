import { type Connections, DATABASE_NOW, type RunStatements, type SqlValue } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { RoundSummary } from '../summary.ts'
import { ownTransaction } from './own-transaction.ts'
import type { RunJob } from './run-job.ts'
import type { RunPace, RunRow } from './run-store.ts'
import { StoredRun } from './stored-run.ts'

const SQL = {
  // Of two who begin at once the second waits here, and then sees the first.
  lock: 'SELECT pg_advisory_xact_lock(0x63617067)',
  led: `SELECT id FROM capf_fleet.run WHERE state IN ('open', 'preparing') AND coordinatoruntilms > ${DATABASE_NOW} LIMIT 1`,
  supersede: `UPDATE capf_fleet.run SET state = 'stopped' WHERE state = 'open'`,
  forget: `DELETE FROM capf_fleet.run WHERE state = 'preparing'`,
  reserve: `INSERT INTO capf_fleet.run (id, version, state, slices, plan, job, createdms, pace, coordinator, coordinatoruntilms)
            VALUES ($1, $2, 'preparing', 0, '{}', '{}', ${DATABASE_NOW}, $3, $4, ${DATABASE_NOW} + $5::bigint)`,
  open: `UPDATE capf_fleet.run SET state = 'open', slices = $3, plan = $4, job = $5, ordered = $6,
           createdms = CASE state WHEN 'preparing' THEN ${DATABASE_NOW} ELSE createdms END
         WHERE id = $1 AND coordinator = $2`,
  keep: `UPDATE capf_fleet.run SET coordinatoruntilms = ${DATABASE_NOW} + $3::bigint WHERE id = $1 AND coordinator = $2`,
  slices: 'INSERT INTO capf_fleet.slice (run, number) SELECT $1, generate_series(0, $2::int - 1) ON CONFLICT DO NOTHING',
  adopt: `UPDATE capf_fleet.run r SET coordinator = $2, coordinatoruntilms = ${DATABASE_NOW} + $3::bigint, state = 'open', pace = $4,
            takenupms = CASE WHEN NOT $5 AND EXISTS (
                SELECT FROM capf_fleet.worker w WHERE w.run = r.id AND w.state = 'alive' AND w.aliveuntilms > ${DATABASE_NOW})
              THEN takenupms ELSE array_append(takenupms, ${DATABASE_NOW}) END
          WHERE id = $1`,
  anew: [
    `UPDATE capf_fleet.worker SET state = 'lost' WHERE run = $1 AND state = 'alive'`,
    // What ended because of the stop has not come to its end.
    `UPDATE capf_fleet.slice s SET worker = NULL, ready = FALSE, phasedone = least(phasedone, greatest(r.phase - 1, -1))
     FROM capf_fleet.run r WHERE s.run = $1 AND r.id = $1`,
  ],
  beat: `UPDATE capf_fleet.run SET coordinatoruntilms = ${DATABASE_NOW} + $4::bigint, pace = $3
         WHERE id = $1 AND coordinator = $2 RETURNING id`,
  ordered: 'UPDATE capf_fleet.run SET ordered = $3 WHERE id = $1 AND coordinator = $2',
  begin: `UPDATE capf_fleet.run SET phase = $3, beganms = ${DATABASE_NOW} + $4::bigint WHERE id = $1 AND coordinator = $2 AND phase < $3`,
  rounds: 'UPDATE capf_fleet.run SET rounds = $3 WHERE id = $1 AND coordinator = $2',
  // One that no worker could come to cannot go on.
  end: `UPDATE capf_fleet.run SET state = CASE state WHEN 'preparing' THEN state ELSE $3 END, coordinatoruntilms = 0
        WHERE id = $1 AND coordinator = $2`,
  runs: 'SELECT id FROM capf_fleet.run',
  revoke: `WITH dead AS (UPDATE capf_fleet.worker SET state = 'lost'
             WHERE run = $1 AND state = 'alive' AND aliveuntilms < ${DATABASE_NOW} RETURNING id, name)
           UPDATE capf_fleet.slice s SET worker = NULL, ready = FALSE FROM dead WHERE s.worker = dead.id RETURNING s.number`,
} as const

/**
 * What a coordinator writes beside what it reads; `token` says that it is this one. Everything but `reserve` and `adopt` may be done
 * twice: a connection that is lost does not say whether what was under way has been done.
 */
export class CoordinatorStore extends StoredRun {
  readonly #token: string
  readonly #leaseMs: number

  /** @param init.leaseMs  how long the run has this coordinator without a word from it. */
  constructor(connections: Connections, { run, token, leaseMs }: { run: string; token: string; leaseMs: number }) {
    super(connections, run)
    this.#token = token
    this.#leaseMs = leaseMs
  }

  #ours(text: string, values: (SqlValue | readonly SqlValue[])[] = []) {
    return this.connections.run({ text, values: [this.run, this.#token, ...values] })
  }

  /** @param given  who was or will be given up. */
  #going(run: string, given: string): FleetError {
    const cause = new Error(`${given} ${this.#leaseMs / 1000} s after its last word`)
    return new FleetError('FLEET_RUN_GOING', `run ${run}`, { cause })
  }

  /** Nobody else leads a run there from now on. @throws {FleetError} `FLEET_RUN_GOING` when somebody does. */
  async reserve({ version, pace }: { version: string; pace: RunPace }): Promise<void> {
    await ownTransaction(this.connections, async run => {
      await this.#alone(run)
      await run({ text: SQL.forget, values: [] })
      await run({ text: SQL.reserve, values: [this.run, version, JSON.stringify(pace), this.#token, this.#leaseMs] })
    })
  }

  async #alone(run: RunStatements): Promise<void> {
    await run({ text: SQL.lock, values: [] })
    const led = (await run({ text: SQL.led, values: [] })).rows[0]
    if (led) throw this.#going(String(led.id), 'its coordinator is given up')
    await run({ text: SQL.supersede, values: [] })
  }

  /** Workers may come. */
  async open({ slices, plan, job, ordered }: { slices: number; plan: Plan; job: RunJob; ordered: number }): Promise<void> {
    const told = [JSON.stringify(plan), JSON.stringify(job), ordered]
    await this.connections.transaction(async run => {
      const { rowCount } = await run({ text: SQL.open, values: [this.run, this.#token, slices, ...told] })
      if (rowCount === 1) await run({ text: SQL.slices, values: [this.run, slices] })
    })
  }

  /** Still here, whatever it does that takes so long. */
  async keep(): Promise<void> {
    await this.#ours(SQL.keep, [this.#leaseMs])
  }

  /**
   * Lead a run that nobody leads.
   *
   * @param how.anew  it was being stopped: workers begin anew with what is left of the phase.
   * @throws {FleetError} `FLEET_RUN_GOING`.
   */
  async adopt({ pace, anew }: { pace: RunPace; anew: boolean }): Promise<void> {
    await ownTransaction(this.connections, async run => {
      await this.#alone(run)
      await run({ text: SQL.adopt, values: [this.run, this.#token, this.#leaseMs, JSON.stringify(pace), anew] })
      if (anew) for (const text of SQL.anew) await run({ text, values: [this.run] })
    })
  }

  /** Still here, and this is wanted. @throws {FleetError} `FLEET_RUN_GOING` when somebody else leads it by now. */
  async beat(pace: RunPace): Promise<void> {
    const { rowCount } = await this.#ours(SQL.beat, [JSON.stringify(pace), this.#leaseMs])
    if (rowCount === 0) throw this.#going(this.run, 'a coordinator leads it on, as this one was given up')
  }

  async ordered(phase: number): Promise<void> {
    await this.#ours(SQL.ordered, [phase])
  }

  /** The phase begins for everybody so many ms from now. */
  async begin(phase: number, inMs: number): Promise<void> {
    await this.#ours(SQL.begin, [phase, inMs])
  }

  async rounds(rounds: readonly (RoundSummary | undefined)[]): Promise<void> {
    await this.#ours(SQL.rounds, [JSON.stringify(rounds)])
  }

  async end(state: RunRow['state']): Promise<void> {
    await this.#ours(SQL.end, [state])
  }

  /** All that are kept in this store. */
  async runs(): Promise<string[]> {
    return (await this.connections.run({ text: SQL.runs, values: [] })).rows.map(({ id }) => String(id))
  }

  /** Take from the dead what they had. @returns the slices that nobody has now. */
  async revoke(): Promise<number[]> {
    const { rows } = await this.connections.run({ name: 'fleet.revoke', text: SQL.revoke, values: [this.run] })
    return rows.map(({ number }) => Number(number))
  }
}
