import type { Connections, Row } from '@capfkit/server'
import type { Plan } from '../plan/plan.ts'
import type { RunJob } from './run-job.ts'
import { type RunRow, runFrom, type SentReport, statement } from './run-store.ts'

/** Of each worker, in one statement: what each counted of a second is some kilobytes. */
const REPORTS = 20
const RESULTS = 5_000
/** Turns that one statement looks at: some hundredths of the time that it may take. */
const TURNS = 50_000
const HIGHEST = 2_147_483_647

const SQL = {
  reports: `SELECT k.worker, r.seq, r.phase, r.atms, r.told FROM
              (SELECT w.id AS worker, coalesce(h.seq, -1) AS seq FROM capf_fleet.worker w
                 LEFT JOIN unnest($2::text[], $3::int[]) AS h (worker, seq) ON h.worker = w.id WHERE w.run = $1) k
            CROSS JOIN LATERAL (SELECT * FROM capf_fleet.report WHERE run = $1 AND worker = k.worker AND seq > k.seq
                                ORDER BY seq LIMIT ${REPORTS}) r
            ORDER BY k.worker, r.seq`,
  bound: `SELECT phone, lap FROM capf_fleet.result WHERE run = $1 AND phase = $2 AND (phone, lap) > ($3, $4)
          ORDER BY phone, lap OFFSET ${TURNS - 1} LIMIT 1`,
  // What the server had done while nobody looked has no time.
  stays: `SELECT width_bucket(r.createdms + s.startedms, r.takenupms) AS stay, width_bucket(r.beganms, r.takenupms) AS first,
            r.beganms - r.createdms AS beganms, min(s.startedms) AS startms, max(s.startedms + s.totalms) AS endms
          FROM capf_fleet.result s JOIN capf_fleet.run r ON r.id = s.run
          WHERE s.run = $1 AND s.phase = $2 AND (s.phone, s.lap) > ($3, $4) AND (s.phone, s.lap) <= ($5, $6)
            AND s.outcome <> 'recovered' GROUP BY 1, 2, 3`,
  turns: `SELECT count(*) AS n FROM capf_fleet.result
          WHERE run = $1 AND phase = $2 AND (phone, lap) > ($3, $4) AND (phone, lap) <= ($5, $6)`,
  workers: `SELECT w.id, w.processes FROM capf_fleet.worker w
            WHERE w.run = $1 AND EXISTS (SELECT FROM capf_fleet.report WHERE run = $1 AND worker = w.id) ORDER BY w.id`,
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

  /** Ask about the turns of a phase, some after the other, however many there are. */
  async *#aboutTurns(question: 'stays' | 'turns', phase: number): AsyncIterable<Row> {
    for (let after = [-1, -1]; ; ) {
      const of = [this.run, phase, ...after]
      const bound = (await this.connections.run({ text: SQL.bound, values: of })).rows[0]
      const to = bound ? [Number(bound.phone), Number(bound.lap)] : [HIGHEST, HIGHEST]
      yield* (await this.connections.run({ text: SQL[question], values: [...of, ...to] })).rows
      if (!bound) return
      after = to
    }
  }

  /** Each time in which somebody carried out a phase, ms since the run was made. */
  async #stays(phase: number): Promise<{ beganMs: number; startMs: number; endMs: number }[]> {
    const stays = new Map<number, { beganMs: number; startMs: number; endMs: number }>()
    for await (const { stay, first, beganms, startms, endms } of this.#aboutTurns('stays', phase)) {
      const known = stays.get(Number(stay)) ?? { startMs: Number.POSITIVE_INFINITY, endMs: 0 }
      const startMs = Math.min(known.startMs, Number(startms))
      const endMs = Math.max(known.endMs, Number(endms))
      // The first operation of a phase may be due some time after its beginning.
      stays.set(Number(stay), { startMs, endMs, beganMs: stay === first ? Number(beganms) : startMs })
    }
    return [...stays.values()]
  }

  /** How long a phase was carried out so far, without the time in which nobody had the run; `undefined` as long as nothing has ended. */
  async seconds(phase: number): Promise<number | undefined> {
    const stays = await this.#stays(phase)
    const ms = stays.reduce((sum, { beganMs, endMs }) => sum + Math.max(0, endMs - beganMs), 0)
    return stays.length === 0 ? undefined : Math.round(ms) / 1000
  }

  /** When the first operation of a phase began, ms since the run was made. */
  async startMs(phase: number): Promise<number | undefined> {
    const stays = await this.#stays(phase)
    return stays.length === 0 ? undefined : Math.min(...stays.map(({ startMs }) => startMs))
  }

  /** How many turns of a phase are over. */
  async turns(phase: number): Promise<number> {
    let turns = 0
    for await (const { n } of this.#aboutTurns('turns', phase)) turns += Number(n)
    return turns
  }

  /** Those that have told something, with how many processes. */
  async workers(): Promise<{ id: string; processes: number }[]> {
    const { rows } = await this.connections.run({ text: SQL.workers, values: [this.run] })
    return rows.map(({ id, processes }) => ({ id: String(id), processes: Number(processes) }))
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
