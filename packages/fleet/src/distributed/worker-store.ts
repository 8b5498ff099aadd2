import { type Connections, DATABASE_NOW, type RunStatements } from '@capfkit/server'
import type { EncodedPhone } from '../fleet-file/kept.ts'
import { LeaseLost, ownTransaction } from './own-transaction.ts'
import { type Batch, resultColumns } from './pending-batch.ts'
import { keepingQueries, phonesNamed } from './phone-rows.ts'
import type { RunJob } from './run-job.ts'
import { type RunRow, runFrom, statement } from './run-store.ts'

const SQL = {
  join: `INSERT INTO capf_fleet.worker (id, run, name, processes, clockoffsetms, roundtripms, aliveuntilms, state)
         VALUES ($1, $2, $3, $4, $5, $6, ${DATABASE_NOW} + $7::bigint, 'alive')`,
  leave: `WITH gone AS (UPDATE capf_fleet.worker SET state = 'left' WHERE id = $1 RETURNING id)
          UPDATE capf_fleet.slice s SET worker = NULL, ready = FALSE FROM gone WHERE s.worker = gone.id RETURNING s.number`,
  report: `INSERT INTO capf_fleet.report (run, worker, seq, phase, atms, told)
           SELECT $1, $2, $3, phase, ${DATABASE_NOW}, $4 FROM capf_fleet.run WHERE id = $1
           ON CONFLICT DO NOTHING RETURNING seq`,
  results: `INSERT INTO capf_fleet.result (run, worker, phase, phone, lap, outcome, startedms, totalms, failure, entry)
            SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::int[], $6::text[], $7::bigint[], $8::real[], $9::text[], $10::bytea[])`,
  claim: `UPDATE capf_fleet.slice s SET worker = $1, ready = FALSE FROM capf_fleet.run r
          WHERE s.run = $2 AND s.number = ANY ($3) AND s.worker IS NULL AND r.id = s.run`,
  own: `SELECT s.number, s.phasedone, r.phase FROM capf_fleet.slice s JOIN capf_fleet.run r ON r.id = s.run
        WHERE s.run = $1 AND s.worker = $2 ORDER BY s.number`,
  ready: 'UPDATE capf_fleet.slice SET ready = TRUE WHERE run = $1 AND number = $2 AND worker = $3',
  phaseEnd: 'UPDATE capf_fleet.slice SET phasedone = $4 WHERE run = $1 AND number = $2 AND worker = $3',
  released: 'UPDATE capf_fleet.slice SET worker = NULL, ready = FALSE WHERE run = $1 AND number = $2 AND worker = $3',
  laps: `SELECT phone, max(lap) + 1 AS laps FROM capf_fleet.result
         WHERE run = $1 AND phase = $2 AND phone % $3::int = $4::int GROUP BY phone`,
} as const

/** What a worker of one run reads and writes. */
export class WorkerStore {
  readonly #connections: Connections
  readonly #run: string
  readonly #worker: string
  readonly #leaseMs: number

  /** @param init.leaseMs  how long it has what it has without a word from it. */
  constructor(connections: Connections, { run, worker, leaseMs }: { run: string; worker: string; leaseMs: number }) {
    this.#connections = connections
    this.#run = run
    this.#worker = worker
    this.#leaseMs = leaseMs
  }

  async join(as: { name: string; processes: number; offsetMs: number; roundTripMs: number }): Promise<void> {
    const { name, processes, offsetMs, roundTripMs } = as
    const values = [this.#worker, this.#run, name, processes, offsetMs, roundTripMs, this.#leaseMs]
    await this.#connections.run({ text: SQL.join, values })
  }

  /** What it is all about. */
  async given(): Promise<{ plan: unknown; job: RunJob }> {
    const { rows } = await this.#connections.run(statement('given', [this.#run]))
    return rows[0] as never
  }

  async look(): Promise<RunRow | undefined> {
    return runFrom((await this.#connections.run(statement('run', [this.#run]))).rows[0])
  }

  /** Who is not alive any more writes nothing. @throws {LeaseLost} */
  async #fence(run: RunStatements): Promise<void> {
    const { rowCount } = await run(statement('beat', [this.#worker, this.#leaseMs]))
    if (rowCount === 0) throw new LeaseLost()
  }

  /** It lives, whatever it has to tell. @throws {LeaseLost} */
  async beat(): Promise<void> {
    await this.#fence(query => this.#connections.run(query))
  }

  /** Take slices that nobody has. @throws {LeaseLost} */
  claim(numbers: readonly number[]): Promise<void> {
    return ownTransaction(this.#connections, async run => {
      await this.#fence(run)
      await run({ text: SQL.claim, values: [this.#worker, this.#run, numbers] })
    })
  }

  /** The slices that it has, the last phase of each that is done, and that of the run. */
  async own(): Promise<{ number: number; phaseDone: number; phase: number }[]> {
    const { rows } = await this.#connections.run({ name: 'fleet.own', text: SQL.own, values: [this.#run, this.#worker] })
    return rows.map(({ number, phasedone, phase }) => ({
      number: Number(number),
      phaseDone: Number(phasedone),
      phase: Number(phase),
    }))
  }

  /**
   * Write what was told, and that the worker lives: all of it or nothing. A batch that had come through is not written again.
   *
   * @throws {LeaseLost}; ServerError a `STORE_*` code.
   */
  write(batch: Batch): Promise<void> {
    return ownTransaction(this.#connections, async run => {
      await this.#fence(run)
      if (batch.reports.length === 0) return
      const told = JSON.stringify(batch.reports)
      const written = await run({ name: 'fleet.report', text: SQL.report, values: [this.#run, this.#worker, batch.seq, told] })
      if (written.rowCount === 0) return
      if (batch.results.length > 0)
        await run({ name: 'fleet.results', text: SQL.results, values: [this.#run, this.#worker, ...resultColumns(batch)] })
      for (const query of keepingQueries(this.#run, batch.kept)) await run(query)
      for (const event of batch.events) {
        const phase = event.what === 'phaseEnd' ? [event.phase] : []
        await run({ name: `fleet.${event.what}`, text: SQL[event.what], values: [this.#run, event.slice, this.#worker, ...phase] })
      }
    })
  }

  /** How often each phone of a slice had its turn in this phase. */
  async laps({ phase, slice, slices }: { phase: number; slice: number; slices: number }): Promise<Map<number, number>> {
    const { rows } = await this.#connections.run({ text: SQL.laps, values: [this.#run, phase, slices, slice] })
    return new Map(rows.map(({ phone, laps }) => [Number(phone), Number(laps)]))
  }

  /** What these phones have of workers that had them before. */
  phones(names: readonly string[]): Promise<EncodedPhone[]> {
    return phonesNamed(this.#connections, this.#run, names)
  }

  /** It goes, and holds nothing any more. @returns slices that it had taken and nobody has now. */
  async leave(): Promise<number[]> {
    const { rows } = await this.#connections.run({ text: SQL.leave, values: [this.#worker] })
    return rows.map(({ number }) => Number(number))
  }
}
