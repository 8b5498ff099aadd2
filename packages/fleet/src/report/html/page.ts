import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LatencySummary } from '../../latency.ts'
import { type FailureExamples, type RunReport, resumptionWords } from '../run-report.ts'
import { CHARTS } from './charts.ts'
import { escaped, figure, jsonText, table } from './escape.ts'
import { healthTable } from './health-table.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { STYLE } from './style.ts'

const library = (file: 'script' | 'style' | 'licence'): string => {
  const urls = {
    script: import.meta.resolve('uplot/dist/uPlot.iife.min.js'),
    style: import.meta.resolve('uplot/dist/uPlot.min.css'),
    licence: import.meta.resolve('uplot/LICENSE'),
  }
  return readFileSync(fileURLToPath(urls[file]), 'utf8')
}

const ms = (value: number) => `${figure(value)} ms`
const seconds = (value: number) => `${figure(value)} s`

/** What the run came to, in one word. */
const verdictOf = ({ complete, running, summary: { stopped, verdict } }: RunReport) =>
  complete || running ? (stopped ? 'stopped' : verdict) : 'killed'

const tile = (label: string, value: string, note = '') =>
  `<div class="tile"><span class="soft">${escaped(label)}</span><b>${escaped(value)}</b><span class="soft">${escaped(note)}</span></div>`

const tiles = ({ summary }: RunReport): string => {
  const { done, failed, planned, ratePerSecond, latencyMs, generator, phones } = summary
  const { scheduled, actual } = latencyMs
  return [
    tile('done', figure(done), `of ${figure(planned)} operations by ${figure(phones)} phones`),
    tile('failed', figure(failed), `${figure((100 * failed) / Math.max(1, done + failed))} %`),
    tile('rate', `${figure(ratePerSecond)}/s`, `${seconds(summary.seconds)} in all`),
    tile('median', ms(scheduled.p50), 'from the scheduled start'),
    tile('99 of 100 within', ms(scheduled.p99), `${ms(actual.p99)} from the actual start`),
    tile('late starts', figure(generator.lateStarts), 'more than 50 ms after their time'),
  ].join('')
}

const chartPlaces = (report: RunReport) => {
  const charts = Object.entries(CHARTS).flatMap(([name, of]) => {
    const chart = of(report)
    return chart ? [{ id: `chart-${name}`, chart }] : []
  })
  const places = charts.map(
    ({ id, chart }) =>
      `<section class="chart"><h3>${escaped(chart.title)}</h3><p class="soft">${escaped(chart.about)}</p><div class="plot" id="${id}"></div></section>`,
  )
  return { charts, places: places.join('') }
}

const latencyRows = (rows: Readonly<Record<string, LatencySummary>>) =>
  Object.entries(rows).map(([name, { count, p50, p90, p99, p999, max }]) => [
    name,
    figure(count),
    ...[p50, p90, p99, p999, max].map(figure),
  ])

const latencyTable = ({ summary: { latencyMs, phases } }: RunReport): string =>
  table(
    ['ms', 'operations', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    [
      ...latencyRows({ 'from scheduled start': latencyMs.scheduled, 'from actual start': latencyMs.actual }),
      ...latencyRows(phases),
    ],
  )

const roundTable = ({ summary: { rounds } }: RunReport): string =>
  table(
    ['round', 'operation', 'done', 'failed', 'seconds', 'done/s', 'generator CPU/op', 'server CPU/op'],
    rounds.map(({ operation, done, failed, seconds, generatorCpuMs, serverCpuMs }, index) => {
      const each = (cpuMs: number | undefined) => (cpuMs === undefined ? '–' : ms(cpuMs / Math.max(1, done + failed)))
      const rate = figure(done / Math.max(0.001, seconds))
      return [
        `${index + 1}`,
        operation,
        figure(done),
        figure(failed),
        figure(seconds),
        rate,
        each(generatorCpuMs),
        each(serverCpuMs),
      ]
    }),
    { texts: 2 },
  )

const exampleText = ({ examples }: FailureExamples): string =>
  examples
    .map(({ deviceName, round, atSeconds, detail, frames }) => {
      const head = `${deviceName}, round ${round + 1}, after ${seconds(atSeconds)}: ${detail}`
      const lines = frames.map(
        ({ from, atMs, name, hex }) => `  ${from === 'server' ? 'S>C' : 'C>S'} ${ms(atMs).padStart(10)}  ${name}\n      ${hex}`,
      )
      return [head, ...lines].join('\n')
    })
    .join('\n\n')

const failureParts = ({ summary, failures, droppedFrames }: RunReport): string => {
  if (summary.failures.length === 0) return '<p class="soft">Nothing failed.</p>'
  const rows = table(
    ['reason', 'side', 'phase', 'operations'],
    summary.failures.map(({ reason, side, phase, count }) => [reason, side, phase, figure(count)]),
    { texts: 3 },
  )
  const examples = failures
    .filter(({ examples }) => examples.length > 0)
    .map(
      failure =>
        `<details><summary>${escaped(failure.reason)} (${escaped(failure.side)}, in phase ${escaped(failure.phase)}): the first that failed so</summary><pre>${escaped(exampleText(failure))}</pre></details>`,
    )
  const dropped =
    droppedFrames > 0 ? `<p class="soft">For ${figure(droppedFrames)} writes of failed operations there was no more room.</p>` : ''
  return `${rows}${examples.join('')}${dropped}`
}

const disturbanceTable = ({ summary: { disturbances } }: RunReport): string =>
  disturbances.length === 0
    ? ''
    : table(
        ['what phones did', 'what came of it, as it should', 'operations'],
        disturbances.map(({ fault, outcome, count }) => [fault, outcome, figure(count)]),
        { texts: 2 },
      )

const thresholdTable = ({ summary: { thresholds } }: RunReport): string =>
  table(
    ['threshold', 'wanted', 'got', '', 'windows', 'missed', 'worst window'],
    thresholds.map(({ name, wanted, got, ok, windows, window, aborted }) => [
      name,
      wanted,
      got,
      `${ok ? 'met' : 'MISSED'}${aborted ? ', ended the run' : ''}`,
      windows ? figure(windows.all) : '–',
      windows ? figure(windows.missed) : '–',
      window ? `${seconds(window.fromSeconds)} – ${seconds(window.toSeconds)}` : '–',
    ]),
    { texts: 4 },
  )

const generatorTable = ({ summary: { generator, keys, server }, tornBytes }: RunReport): string => {
  const { processes, cpuMsPerOperation, eventLoopDelayMs, memoryBytes, loopback, sourceAddresses } = generator
  const megabytes = (bytes: number) => `${figure(bytes / 1e6)} MB`
  return table(
    ['what', 'figure'],
    [
      ['keys', keys.note],
      ['processes', figure(processes)],
      ['processor time', `${ms(cpuMsPerOperation)} an operation`],
      ['event loop', `late by ${ms(eventLoopDelayMs.p99)} (p99), ${ms(eventLoopDelayMs.max)} (max)`],
      ['memory', megabytes(memoryBytes)],
      ...(loopback ? [['network', 'loopback run: server and phones share the cores of this machine']] : []),
      ...(sourceAddresses > 0 ? [['source addresses', figure(sourceAddresses)]] : []),
      ['TLS resumption', 'off: every session has had a handshake of its own'],
      ...(server
        ? [
            [
              'embedded server',
              `${figure(server.processes)} processes, ${ms(server.cpuMsPerOperation)} an operation, ${megabytes(server.memoryBytes)}`,
            ],
          ]
        : []),
      ...(tornBytes > 0 ? [['recording', `${figure(tornBytes)} bytes of entries that were being written at the end`]] : []),
    ],
    { texts: 2 },
  )
}

const optionTable = ({ options }: RunReport): string =>
  table(
    ['option', 'value'],
    Object.entries(options).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    { texts: 2 },
  )

// Nothing is fetched, and nothing but what stands in the page runs.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

const card = (title: string, inner: string) => `<h2>${escaped(title)}</h2><div class="card">${inner}</div>`

/** A report as one HTML file that needs no network: figures, charts, failures, the health of the generator, options. */
export const htmlReport = (report: RunReport): string => {
  const { target, startedAt, summary, roundStarts } = report
  const verdict = verdictOf(report)
  const { charts, places } = chartPlaces(report)
  const marks = roundStarts.map(({ number, operation, atSeconds }) => ({ at: atSeconds, label: `${number + 1} ${operation}` }))
  const because = summary.because.map(sentence => `<p class="because">${escaped(sentence)}</p>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(`${verdict}: fleet run against ${target}`)}</title>
<style>${library('style')}${STYLE}</style></head><body><main>
<div class="head"><h1>Fleet run against ${escaped(target)}</h1><span class="verdict ${verdict}">${verdict === 'running' ? 'STILL RUNNING' : verdict.toUpperCase()}</span></div>
<p class="soft">started ${escaped(startedAt)}, seed ${summary.seed}</p>
${report.resumptions.map(resumption => `<p class="soft">${escaped(resumptionWords(resumption))}</p>`).join('')}
${because}
<div class="tiles">${tiles(report)}</div>
<div class="charts">${places}</div>
${summary.thresholds.length > 0 ? card('Thresholds', thresholdTable(report)) : ''}
${card('Failures', failureParts(report))}
${summary.disturbances.length > 0 ? card('Phones that misbehaved', disturbanceTable(report)) : ''}
${card('Latency', latencyTable(report))}
${card('Rounds', roundTable(report))}
${card('Generator', generatorTable(report))}
${card('Health of the generator', healthTable(report))}
${card('Options', optionTable(report))}
</main>
<script type="application/json" id="charts">${jsonText(charts)}</script>
<script type="application/json" id="marks">${jsonText(marks)}</script>
<script>/*
uPlot:
${library('licence')}
*/
${library('script')}</script>
<script>${PAGE_SCRIPT}</script>
</body></html>
`
}
