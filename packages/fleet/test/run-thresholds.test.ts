import { join } from 'node:path'
import t from 'tap'
import { htmlReport, junitXml, reportRun, runFleet } from '../src/index.ts'
import { readPlan } from '../src/plan/read-plan.ts'

const SMALL = `
embedded: true
processes: 1
serverWorkers: 1
key: ec:p256
`

const runPlan = (text: string, first = {}) => {
  const { options, plan } = readPlan(SMALL + text, { first })
  return runFleet({ options, plan })
}

t.test('thresholds that are met and missed are in the summary, the recording and every report', async t => {
  const out = join(t.testdir(), 'run')
  const summary = await runPlan(
    `
phones: 30
phases:
  - arrivals: { concurrency: 8 }
  - { devices: again, arrivals: { rate: 30, for: 2s } }
thresholds: [failed <= 0%, p50 < 1us, p99 < 1m over 1s]
`.replace('1us', '0.001ms'),
    { out },
  )
  t.match(summary, { failed: 0, tooManyFailed: false, stopped: false })
  t.not(summary.verdict, 'pass')
  t.match(summary.thresholds, [
    { name: 'failed', wanted: '<= 0%', got: '0%', ok: true, says: 'failures' },
    { name: 'p50', ok: false, says: 'figures' },
    { name: 'p99 over 1s', ok: true, windows: { missed: 0 } },
  ])
  t.ok(summary.thresholds[2]!.windows!.all >= 1, 'there were windows')
  const report = await reportRun(out)
  t.strictSame(report.summary.thresholds, summary.thresholds)
  t.match(junitXml(report), /<testcase .*name="threshold p50 &lt; 0.001ms".*>\s+<failure message="got .*ms">/)
  t.match(junitXml(report), /<testcase .*name="threshold failed &lt;= 0%" time="0.000"\/>/)
  t.match(htmlReport(report), /<h2>Thresholds<\/h2>.*p50.*MISSED/s)
})

t.test('a threshold that is to end the run ends it in order, and is why it failed', async t => {
  const summary = await runPlan(`
phones: 20
phases: [{ devices: again, arrivals: { rate: 20, for: 1m } }]
thresholds: [{ that: p50 < 0.001ms, abort: true, after: 1s }, p99 < 1m]
`)
  t.match(summary, { stopped: false, thresholds: [{ ok: false, aborted: true }, { ok: true }] })
  t.ok(summary.seconds < 30, `${summary.seconds} s of 60`)
  t.not(summary.verdict, 'pass')
})
