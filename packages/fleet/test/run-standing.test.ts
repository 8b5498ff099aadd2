import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeEntries, type RunEntry } from '@capfkit/codec/run'
import t from 'tap'
import { reportRun } from '../src/index.ts'
import { hadTurn } from '../src/plan/remainder.ts'
import { readRunFileName, runFileName } from '../src/recording/file-names.ts'
import { readStanding } from '../src/resume/run-standing.ts'
import { range } from './fleet-options.ts'
import { headerOf, operationOf, STARTED_MS, writeRun } from './written-run.ts'

const failure = { side: 'client', phase: 'keyGeneration', reason: 'PHONE_ABORTED', detail: '', frames: [] }

/** Ten phones, of which the last two were cut off by a stop; a second generation does them an hour later. */
const cutOff = range(10).map(phone => (phone < 8 ? { startMs: 100 * phone } : { startMs: 800, cut: true, failure }))
const stopped = { stopped: true, verdict: 'fail', because: ['the run was stopped'] }

const writeGeneration = (folder: string, entries: { lead?: RunEntry[]; part?: RunEntry[] }) => {
  const header = {
    phones: 10,
    processes: 1,
    generation: 1,
    startedMs: STARTED_MS + 3_600_000,
    rounds: [{ operation: 'install', total: 10 }],
  }
  const file = (part: 'run' | 'client') => join(folder, runFileName({ part, process: 0, generation: 1 }))
  writeFileSync(file('run'), encodeEntries([headerOf(header), ...(entries.lead ?? [])]))
  writeFileSync(file('client'), encodeEntries([headerOf({ ...header, part: 'client' }), ...(entries.part ?? [])]))
}

t.test('what was cut off has not ended, and what was skipped has had its turn', async t => {
  const folder = writeRun(t.testdir(), { operations: cutOff.slice(0, 9), footer: stopped, skipped: [9] })
  const { generation, phase, standing, tally, rounds } = await readStanding(folder)
  t.match({ generation, phase, turns: standing.turns }, { generation: 1, phase: 0, turns: 8 })
  t.strictSame(
    range(9).filter(index => !hadTurn(standing, index)),
    [8],
  )
  t.match(tally, { done: 8, failed: 0, skipped: 1 })
  t.match(rounds, [{ operation: 'install', done: 8, failed: 0, seconds: 1 }])
  t.match((await reportRun(folder)).summary, { done: 8, failed: 1 }, 'as long as nobody goes on, it is told as it was')
})

t.test('the report counts each operation in the generation in which it ended, and leaves out the hour between', async t => {
  const folder = writeRun(t.testdir(), { operations: cutOff, footer: stopped })
  writeGeneration(folder, {
    part: [
      { kind: 'round', number: 0, startMs: 50 },
      operationOf(8, { startMs: 50, totalMs: 200 }),
      operationOf(3, { startMs: 60, lap: 1 }),
    ],
    lead: [{ kind: 'recovered', phone: 9, round: 0, operation: 1 }],
  })
  const report = await reportRun(folder)
  t.match(report.summary, { done: 11, failed: 0, failures: [], operations: { install: 11 } })
  t.equal(report.summary.latencyMs.actual.count, 10, 'nobody saw how long the recovered one took')
  t.equal(report.complete, false, 'the second generation was killed')
  const [{ atSeconds, number, startedAt }] = report.resumptions as [(typeof report.resumptions)[0]]
  t.match({ number, startedAt }, { number: 1, startedAt: '2026-01-15T13:00:00.000Z' })
  t.ok(atSeconds >= 0.7 && atSeconds < 0.9, `${atSeconds}`)
  t.ok(report.intervals.length * report.intervalSeconds < 3)
  const { standing, generation } = await readStanding(folder)
  t.match({ generation, turns: standing.turns }, { generation: 2, turns: 11 })
})

t.test('a generation that was killed before it wrote anything is none', async t => {
  const folder = writeRun(t.testdir(), { operations: cutOff, footer: stopped })
  writeFileSync(join(folder, 'run.1.capfrun'), '')
  t.match(await readStanding(folder), { generation: 1, standing: { turns: 8 } })
})

t.test('names of files of a run say what they are, and others are none', async t => {
  for (const name of ['run.capfrun', 'part-0.capfrun', 'run.3.capfrun', 'part-12.3.capfrun'])
    t.equal(runFileName(readRunFileName(name)!), name)
  for (const name of ['summary.json', 'part-.capfrun', 'part-0.capfrun.bak', 'run..capfrun', 'my run.capfrun'])
    t.equal(readRunFileName(name), undefined, name)
})
