import type { Connections } from '@capfkit/server'
import type { Plan } from '../plan/plan.ts'
import type { RunJob } from './run-job.ts'
import { type RunRow, runFrom, type SentReport, statement } from './run-store.ts'

/** Of each worker, in one statement: what each counted of a second is some kilobytes. */
const REPORTS = 20
const RESULTS = 5_000

const SQL = {
  reports: `SELECT k.worker, r.seq, r.phase, r.atms, r.told FROM
              (SELECT w.id AS worker, coalesce(h.seq, -1) AS seq FROM capf_fleet.worker w
                 LEFT JOIN unnest($2::text[], $3::int[]) AS h (worker, seq) ON h.worker = w.id WHERE w.run = $1) k
            CROSS JOIN LATERAL (SELECT * FROM capf_fleet.report WHERE run = $1 AND worker = k.worker AND seq > k.seq
                                ORDER BY seq LIMIT ${REPORTS}) r
            ORDER BY k.worker, r.seq`,
  // What the server had done while nobody looked has no time.
  stays: `SELECT width_bucket(r.createdms + s.startedms, r.takenupms) AS stay, width_bucket(r.beganms, r.takenupms) AS first,
            r.beganms - r.createdms AS beganms, min(s.startedms) AS startms, max(s.startedms + s.totalms) AS endms
          FROM capf_fleet.result s JOIN capf_fleet.run r ON r.id = s.run
          WHERE s.run = $1 AND s.phase = $2 AND s.outcome <> 'recovered' GROUP BY 1, 2, 3`,
  turns: 'SELECT count(*) AS n FROM capf_fleet.result WHERE run = $1 AND phase = $2',
  workers: `SELECT w.id, w.processes FROM capf_fleet.worker w
            WHERE w.run = $1 AND EXISTS (SELECT FROM capf_fleet.report WHERE run = $1 AND worker = w.id) ORDER BY w.id`,
  begins: `SELECT phase, min(startedms) AS ms FROM capf_fleet.result
           WHERE run = $1 AND outcome <> 'recovered' GROUP BY phase ORDER BY phase`,
  results: `SELECT phase, phone, lap, outcome, entry FROM capf_fleet.result WHERE run = $1 AND (phase, phone, lap) > ($2, $3, $4)
            ORDER BY phase, phone, lap LIMIT ${RESULTS}`,
} as const

export type ReadReport = { worker: string; seq: number; phase: number; atMs: number; told: SentReport[] }
export type ReadResult = { phase: number; phone: number; lap: number; outcome: string; entry: Buffer }

/** A run as it stands in its store, to be read. What grows with the run comes page by page. */
export class StoredRun {
  readonly connections: Connections
  readonly run: string

  constructor(connections: Connections, run: string) {
    this.connections = connections
    this.run = run
  }

  async look(): Promise<RunRow | undefined> {
    return runFrom((await this.connections.run(statement('run', [this.run]))).rows[0])
  }

  async given(): Promise<{ plan: Plan; job: RunJob }> {
    return (await this.connections.run(statement('given', [this.run]))).rows[0] as never
  }

  /** What workers told, in the order of each. @param known  the last that is known already of some of them. */
  async *reports(known: ReadonlyMap<string, number> = new Map()): AsyncIterable<ReadReport> {
    const last = new Map(known)
    for (;;) {
      const values = [this.run, [...last.keys()], [...last.values()]]
      const { rows } = await this.connections.run({ name: 'fleet.reports', text: SQL.reports, values })
      const of = new Map<string, number>()
      for (const { worker, seq, phase, atms, told } of rows) {
        const report = { worker: String(worker), seq: Number(seq), phase: Number(phase), atMs: Number(atms), told: told as never }
        last.set(report.worker, report.seq)
        of.set(report.worker, (of.get(report.worker) ?? 0) + 1)
        yield report
      }
      if (Math.max(0, ...of.values()) < REPORTS) return
    }
  }

  /** How long a phase was carried out so far, without the time in which nobody had the run; `undefined` as long as nothing has ended. */
  async seconds(phase: number): Promise<number | undefined> {
    const { rows } = await this.connections.run({ text: SQL.stays, values: [this.run, phase] })
    if (rows.length === 0) return undefined
    // The first operation of a phase may be due some time after its beginning.
    const ms = rows.map(({ stay, first, beganms, startms, endms }) => Number(endms) - Number(stay === first ? beganms : startms))
    return Math.round(ms.reduce((sum, one) => sum + Math.max(0, one), 0)) / 1000
  }

  /** How many turns of a phase are over. */
  async turns(phase: number): Promise<number> {
    return Number((await this.connections.run({ text: SQL.turns, values: [this.run, phase] })).rows[0]?.n)
  }

  /** Those that have told something, with how many processes. */
  async workers(): Promise<{ id: string; processes: number }[]> {
    const { rows } = await this.connections.run({ text: SQL.workers, values: [this.run] })
    return rows.map(({ id, processes }) => ({ id: String(id), processes: Number(processes) }))
  }

  /** When the first operation of each phase began, ms since the run was made. */
  async begins(): Promise<{ phase: number; ms: number }[]> {
    const { rows } = await this.connections.run({ text: SQL.begins, values: [this.run] })
    return rows.map(({ phase, ms }) => ({ phase: Number(phase), ms: Number(ms) }))
  }

  /** Everything that became of the phones. */
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
