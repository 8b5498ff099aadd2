import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import t from 'tap'
import { htmlReport, junitXml, operationsCsv, type RunReport, reportRun } from '../src/index.ts'
import { CHARTS } from '../src/report/html/charts.ts'
import { numbers, type WrittenRun, writeRun } from './written-run.ts'

const EVIL = `<script>alert("x")</script>'&`
const frames = [{ fromClient: false, atMs: 1, data: Buffer.from(EVIL) }]
const FAILURE = { side: 'server', phase: 'issue', reason: EVIL, detail: `the server says: ${EVIL}`, frames }

const random = numbers(1)
const OPERATIONS = Array.from({ length: 400 }, (_, index) => ({
  ...(index === 7 ? { deviceName: EVIL } : {}),
  startMs: index * 10,
  lateMs: 1,
  totalMs: 20 + 30 * random(),
  phases: [0, 1, 2],
  phasesMs: [1, 10, 9],
  ...(index % 50 === 7 ? { failure: FAILURE } : {}),
}))
const HEALTH = [0, 1, 2, 3].map(second => ({ atMs: 1000 * second, cpuMs: 300, inFlight: 5, eventLoopDelayMaxMs: 4 }))
const HOSTILE: WrittenRun = {
  operations: OPERATIONS,
  health: HEALTH,
  seconds: 4,
  options: [
    { name: 'rate', value: '100' },
    { name: 'csv', value: JSON.stringify(EVIL) },
    { name: 'odd', value: 'no JSON' },
  ],
  footer: { verdict: 'fail', because: [`8 of 400 operations failed ${EVIL}`] },
}

const written = (t: { testdir(): string }, run: WrittenRun = HOSTILE) => writeRun(join(t.testdir(), 'run'), run)

/** What stands in an element of the page that has this id. */
const jsonIn = (html: string, id: string) =>
  JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`).exec(html)![1]!)

t.test('the page is one file: nothing is fetched, and whatever came over the wire is text in it', async t => {
  const html = htmlReport(await reportRun(written(t)))
  t.notOk(html.includes(EVIL), 'nowhere as it was')
  t.ok(html.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;'), 'but as text')
  t.equal(html.match(/<script[ >]/g)?.length, 4)
  t.equal(html.match(/<\/script>/g)?.length, 4)
  t.match(html, /<meta http-equiv="Content-Security-Policy" content="default-src 'none';/)
  t.notMatch(html, /<(?:link|img|iframe|script)[^>]*\s(?:src|href)=/)
  t.match(html, /var uPlot=function/)
  t.match(html, /Permission is hereby granted/, 'the licence of the charts is with them')
  for (const words of ['FAIL', '8 of 400 operations failed', '392', 'no JSON', 'no frame: CODEC_BAD_MAGIC'])
    t.ok(html.includes(words), words)
})

t.test('its charts are data: every series has a value for every x, and only charts with something to show are there', async t => {
  const report = await reportRun(written(t))
  const charts = jsonIn(htmlReport(report), 'charts') as {
    id: string
    chart: { x: number[]; series: { label: string; values: unknown[] }[] }
  }[]
  t.strictSame(
    charts.map(({ id }) => id),
    Object.keys(CHARTS).map(name => `chart-${name}`),
  )
  for (const { id, chart } of charts) {
    t.ok(chart.x.length > 1, id)
    for (const { label, values } of chart.series) t.equal(values.length, chart.x.length, `${id} ${label}`)
  }
  t.equal(charts.find(({ id }) => id === 'chart-failures')?.chart.series[0]?.label, EVIL, 'escaped in the page, whole in the data')
  const quiet = await reportRun(written(t, { operations: [{}] }))
  const few = jsonIn(htmlReport(quiet), 'charts') as { id: string }[]
  t.strictSame(
    few.map(({ id }) => id),
    ['chart-latency', 'chart-rate', 'chart-phases'],
  )
  const empty = htmlReport(await reportRun(written(t, { footer: false })))
  t.match(empty, />KILLED</)
})

t.test('towering values have a logarithmic axis, others not', async t => {
  const chart = async (totalMs: number) => {
    const operations = OPERATIONS.map((operation, index) => (index === 200 ? { ...operation, totalMs } : operation))
    return CHARTS.latency!(await reportRun(written(t, { operations })))
  }
  t.match(await chart(40), { log: false })
  t.match(await chart(5000), { log: true })
})

const XML_CASES: [string, WrittenRun, failures: number, errors: number, cases: number][] = [
  ['a run that passed', { operations: [{}, {}] }, 0, 0, 4],
  ['one that failed', HOSTILE, 2, 0, 4],
  ['one that may fail so often', { ...HOSTILE, footer: {} }, 0, 0, 4],
  ['an invalid one', { operations: [{}], footer: { verdict: 'invalid', because: ['1 of 1 starts came too late'] } }, 0, 1, 4],
  ['one that was killed', { operations: [{}], footer: false }, 1, 1, 4],
]

const noXmllint = spawnSync('xmllint', ['--version']).error ? 'xmllint is not installed' : false

t.test('JUnit XML: a case for each round and for what makes a run worth anything; counts as build servers add them up', async t => {
  for (const [name, run, failures, errors, cases] of XML_CASES) {
    const xml = junitXml(await reportRun(written(t, run)))
    t.match(xml, new RegExp(`<testsuite .*tests="${cases}" failures="${failures}" errors="${errors}"`), name)
    t.equal(xml.match(/<testcase /g)?.length, cases)
    t.equal(xml.match(/<failure /g)?.length ?? 0, failures)
    t.equal(xml.match(/<error /g)?.length ?? 0, errors)
    t.notOk(xml.includes('<script'))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be in it
    t.notMatch(xml, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
    if (!noXmllint) t.equal(spawnSync('xmllint', ['--noout', '-'], { input: xml }).status, 0, `${name}: xmllint reads it`)
  }
  const control = {
    operations: [{ failure: { ...FAILURE, reason: 'a\u0000b\u001b[31m' } }],
    footer: { verdict: 'fail', because: ['no\u0007'] },
  }
  t.match(junitXml(await reportRun(written(t, control))), /1 x a\?b\?\[31m/)
})

t.test('CSV: a line an operation, as spreadsheets read it, and nothing that they would take for a formula', async t => {
  const text = await operationsCsv(written(t))
  const rows = parse(text, { columns: true }) as Record<string, string>[]
  t.equal(rows.length, 400)
  t.match(rows[0], {
    phone: '0',
    device: 'SEP000000000000',
    operation: 'install',
    result: 'done',
    reason: '',
    connectMs: '1',
    issueMs: '9',
  })
  t.match(rows[7], { device: EVIL, result: 'failed', side: 'server', phase: 'issue', reason: EVIL })
  t.equal(Number(rows[3]!.startMs) - Number(rows[0]!.startMs), 30)
  const formula = written(t, { operations: [{ deviceName: '=1+1' }, { deviceName: '@x' }, { deviceName: 'a,"b"' }] })
  t.strictSame(
    (parse(await operationsCsv(formula), { columns: true }) as Record<string, string>[]).map(({ device }) => device),
    ["'=1+1", "'@x", 'a,"b"'],
  )
})

t.test('the report is plain data: what --json prints is all of it', async t => {
  const report: RunReport = await reportRun(written(t))
  t.strictSame(JSON.parse(JSON.stringify(report)), report)
  t.equal(report.version, 1)
})
