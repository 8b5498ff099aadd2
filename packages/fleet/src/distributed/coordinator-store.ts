import { type Connections, DATABASE_NOW, type RunStatements, type SqlValue } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import type { RoundSummary } from '../summary.ts'
import { ownTransaction } from './own-transaction.ts'
import type { RunJob } from './run-job.ts'
import { type RunPace, type RunRow, runFrom, type SentReport, statement } from './run-store.ts'

const SQL = {
  // Of two who begin at once the second waits here, and then sees the first.
  lock: 'SELECT pg_advisory_xact_lock(0x63617067)',
  led: `SELECT id FROM capf_fleet.run WHERE state IN ('open', 'preparing') AND coordinatoruntilms > ${DATABASE_NOW} LIMIT 1`,
  supersede: `UPDATE capf_fleet.run SET state = 'stopped' WHERE state = 'open'`,
  forget: `DELETE FROM capf_fleet.run WHERE state = 'preparing'`,
  reserve: `INSERT INTO capf_fleet.run (id, version, state, slices, plan, job, createdms, pace, coordinator, coordinatoruntilms)
            VALUES ($1, $2, 'preparing', 0, '{}', '{}', ${DATABASE_NOW}, $3, $4, ${DATABASE_NOW} + $5::bigint)`,
  open: `UPDATE capf_fleet.run SET state = 'open', slices = $3, plan = $4, job = $5, ordered = $6, createdms = ${DATABASE_NOW}
         WHERE id = $1 AND coordinator = $2`,
  keep: `UPDATE capf_fleet.run SET coordinatoruntilms = ${DATABASE_NOW} + $3::bigint WHERE id = $1 AND coordinator = $2`,
  slices: 'INSERT INTO capf_fleet.slice (run, number) SELECT $1, generate_series(0, $2::int - 1)',
  adopt: `UPDATE capf_fleet.run SET coordinator = $2, coordinatoruntilms = ${DATABASE_NOW} + $3::bigint, state = 'open', pace = $4
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
  end: 'UPDATE capf_fleet.run SET state = $3, coordinatoruntilms = 0 WHERE id = $1 AND coordinator = $2',
  revoke: `WITH dead AS (UPDATE capf_fleet.worker SET state = 'lost'
             WHERE run = $1 AND state = 'alive' AND aliveuntilms < ${DATABASE_NOW} RETURNING id, name)
           UPDATE capf_fleet.slice s SET worker = NULL, ready = FALSE FROM dead WHERE s.worker = dead.id RETURNING s.number`,
  reports: `SELECT k.worker, r.seq, r.phase, r.atms, r.told FROM
              (SELECT w.id AS worker, coalesce(h.seq, -1) AS seq FROM capf_fleet.worker w
                 LEFT JOIN unnest($2::text[], $3::int[]) AS h (worker, seq) ON h.worker = w.id WHERE w.run = $1) k
            CROSS JOIN LATERAL (SELECT * FROM capf_fleet.report WHERE run = $1 AND worker = k.worker AND seq > k.seq) r
            ORDER BY k.worker, r.seq`,
  ended: `SELECT max(startedms + totalms) AS ms FROM capf_fleet.result WHERE run = $1 AND phase = $2`,
  begins: `SELECT phase, min(startedms) AS ms FROM capf_fleet.result
           WHERE run = $1 AND outcome <> 'recovered' GROUP BY phase ORDER BY phase`,
  results: `SELECT phase, phone, lap, outcome, entry FROM capf_fleet.result WHERE run = $1 AND (phase, phone, lap) > ($2, $3, $4)
            ORDER BY phase, phone, lap LIMIT 5000`,
} as const

export type ReadReport = { worker: string; seq: number; phase: number; atMs: number; told: SentReport[] }
export type ReadResult = { phase: number; phone: number; lap: number; outcome: string; entry: Buffer }

/** What a coordinator reads and writes; `token` says that it is this one. */
export class CoordinatorStore {
  readonly connections: Connections
  readonly run: string
  readonly #token: string
  readonly #leaseMs: number

  /** @param init.leaseMs  how long the run has this coordinator without a word from it. */
  constructor(connections: Connections, { run, token, leaseMs }: { run: string; token: string; leaseMs: number }) {
    this.connections = connections
    this.run = run
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
      await run({ text: SQL.adopt, values: [this.run, this.#token, this.#leaseMs, JSON.stringify(pace)] })
      if (anew) for (const text of SQL.anew) await run({ text, values: [this.run] })
    })
  }

  /** Still here, and this is wanted. @throws {FleetError} `FLEET_RUN_GOING` when somebody else leads it by now. */
  async beat(pace: RunPace): Promise<void> {
    const { rowCount } = await this.#ours(SQL.beat, [JSON.stringify(pace), this.#leaseMs])
    if (rowCount === 0) throw this.#going(this.run, 'a coordinator leads it on, as this one was given up')
  }

  async look(): Promise<RunRow | undefined> {
    return runFrom((await this.connections.run(statement('run', [this.run]))).rows[0])
  }

  async given(): Promise<{ plan: Plan; job: RunJob }> {
    return (await this.connections.run(statement('given', [this.run]))).rows[0] as never
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

  /** Take from the dead what they had. @returns the slices that nobody has now. */
  async revoke(): Promise<number[]> {
    const { rows } = await this.connections.run({ name: 'fleet.revoke', text: SQL.revoke, values: [this.run] })
    return rows.map(({ number }) => Number(number))
  }

  /** What workers told since the last that is known of each. */
  async reports(known: ReadonlyMap<string, number>): Promise<ReadReport[]> {
    const values = [this.run, [...known.keys()], [...known.values()]]
    const { rows } = await this.connections.run({ name: 'fleet.reports', text: SQL.reports, values })
    return rows.map(({ worker, seq, phase, atms, told }) => ({
      ...{ worker: String(worker), seq: Number(seq), phase: Number(phase), atMs: Number(atms) },
      told: told as never,
    }))
  }

  /** When the last operation of a phase ended, ms since the run was made. */
  async endedMs(phase: number): Promise<number | undefined> {
    const { rows } = await this.connections.run({ text: SQL.ended, values: [this.run, phase] })
    return rows[0]?.ms == null ? undefined : Number(rows[0].ms)
  }

  /** When the first operation of each phase began, ms since the run was made. */
  async begins(): Promise<{ phase: number; ms: number }[]> {
    const { rows } = await this.connections.run({ text: SQL.begins, values: [this.run] })
    return rows.map(({ phase, ms }) => ({ phase: Number(phase), ms: Number(ms) }))
  }

  /** Everything that became of the phones, page by page. */
  async *results(): AsyncIterable<ReadResult> {
    for (let after = [-1, -1, -1]; ; ) {
      const { rows } = await this.connections.run({ text: SQL.results, values: [this.run, ...after] })
      for (const { phase, phone, lap, outcome, entry } of rows)
        yield { phase: Number(phase), phone: Number(phone), lap: Number(lap), outcome: String(outcome), entry: entry as Buffer }
      const last = rows.at(-1)
      if (!last) return
      after = [Number(last.phase), Number(last.phone), Number(last.lap)]
    }
  }
}
