import type { Disturbance, Failure, LatencySummary, ReportedSummary } from '@capfkit/fleet'
import { BOOT_ERRORS, PHONE_ERRORS, type Phase } from '@capfkit/phone'
import { type Io, painter } from '../io.ts'
import { paragraph } from '../paragraph.ts'
import { todoOf } from '../phone/todo.ts'

const LABEL = 11

const ms = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
const plural = (count: number, [one, many]: readonly [string, string]) => `${count} ${count === 1 ? one : many}`
const processes = (count: number) => plural(count, ['process', 'processes'])

const COLUMNS = ['p50', 'p90', 'p99', 'p999', 'max'] as const
const HEADS = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', max: 'max' } as const

const latencyLine = (name: string, latency: LatencySummary) =>
  `  ${name.padEnd(22)}${COLUMNS.map(column => ms(latency[column]).padStart(9)).join('')}`

const latencyLines = ({ latencyMs, phases, done }: ReportedSummary) =>
  done === 0
    ? []
    : [
        `${'latency, ms'.padEnd(24)}${COLUMNS.map(column => HEADS[column].padStart(9)).join('')}`,
        latencyLine('from scheduled start', latencyMs.scheduled),
        latencyLine('from actual start', latencyMs.actual),
        ...Object.entries(phases).map(([phase, latency]) => latencyLine(`  ${phase}`, latency)),
        '',
      ]

const roundLines = ({ rounds }: ReportedSummary) =>
  rounds.map(({ operation, done, failed, seconds }, index) => {
    const rate = seconds > 0 ? `${Math.round(done / seconds)}/s` : ''
    return `  round ${index + 1}  ${operation.padEnd(13)}${String(done).padStart(8)} done ${String(failed).padStart(6)} failed ${seconds.toFixed(1).padStart(7)} s ${rate.padStart(8)}`
  })

const ORDERED = /^ORDERED_(\w+)_GOT_(\w+)$/

/** What a reason means and what to do about it, as far as phones know it. */
const explained = ({ reason, phase }: Failure): string | undefined => {
  const [, ordered, got] = ORDERED.exec(reason) ?? []
  if (ordered) return `${ordered} was ordered, and the server asked for ${got === 'none' ? 'nothing' : got}`
  if (Object.hasOwn(BOOT_ERRORS, reason)) {
    const { what, remedy } = BOOT_ERRORS[reason as keyof typeof BOOT_ERRORS]
    return `${what}: ${remedy}`
  }
  if (!Object.hasOwn(PHONE_ERRORS, reason)) return undefined
  const code = reason as keyof typeof PHONE_ERRORS
  const { sentence } = PHONE_ERRORS[code]
  const todo = todoOf({ code, phase: phase as Phase })
  return todo === 'nothing' ? sentence : `${sentence}: ${todo}`
}

/** What was wanted and what came of it, a line each. */
const thresholdLines = (io: Io, { thresholds }: ReportedSummary): string[] => {
  const paint = painter(io.stdout, io)
  const width = Math.max(0, ...thresholds.map(({ name, wanted }) => name.length + wanted.length + 1))
  return thresholds.map(({ name, wanted, got, ok, windows, window }) => {
    const missed = windows ? `${ok ? '' : `, missed in ${windows.missed}`} of ${plural(windows.all, ['window', 'windows'])}` : ''
    const where = window && !ok ? `, worst at ${window.fromSeconds.toFixed(0)}-${window.toSeconds.toFixed(0)} s` : ''
    return `  ${ok ? paint('green', 'ok    ') : paint('red', 'MISSED')}  ${`${name} ${wanted}`.padEnd(width)}  ${got}${missed}${where}`
  })
}

const failureLines = (failure: Failure): string[] => {
  const { side, phase, reason, count } = failure
  const words = explained(failure)
  return [
    `  ${String(count).padStart(7)}  ${reason} (${side}, in phase ${phase})`,
    ...(words === undefined ? [] : paragraph('', { text: words, indent: LABEL })),
  ]
}

const disturbanceLines = (disturbances: readonly Disturbance[]): string[] =>
  disturbances.length === 0
    ? []
    : [
        '',
        'phones that misbehaved on purpose, and were answered as they should be',
        ...disturbances.map(({ fault, outcome, count }) => `  ${String(count).padStart(7)}  ${fault}: ${outcome}`),
      ]

const generatorLines = ({ generator, server, keys }: ReportedSummary) => {
  const { cpuMsPerOperation, eventLoopDelayMs, lateStarts, loopback, sourceAddresses } = generator
  const row = (label: string, text: string) => paragraph(label, { text, indent: LABEL })
  const health = `event loop late by ${ms(eventLoopDelayMs.p99)} ms (p99), ${ms(eventLoopDelayMs.max)} ms (max)`
  const starts = plural(lateStarts, ['late start', 'late starts'])
  return [
    ...row('keys', keys.note),
    ...row(
      'generator',
      `${processes(generator.processes)}, ${cpuMsPerOperation.toFixed(2)} ms CPU an operation, ${starts}, ${health}`,
    ),
    ...(server
      ? row(
          'server',
          `${processes(server.processes)}, ${server.cpuMsPerOperation.toFixed(2)} ms CPU an operation, ${megabytes(server.memoryBytes)}`,
        )
      : []),
    ...(sourceAddresses > 0 ? row('', `phones connected from ${plural(sourceAddresses, ['address', 'addresses'])}`) : []),
    ...row('', 'every session has had a TLS handshake of its own: phones resume none'),
    ...(loopback ? row('', 'loopback run: server and phones share the cores of this machine') : []),
    ...generator.health.flatMap(({ verdict, because, remedy }) =>
      verdict === 'warning' ? row('', `doubtful: ${because}; ${remedy}`) : [],
    ),
  ]
}

const COLOURS = { PASS: 'green', FAIL: 'red', INVALID: 'yellow', STOPPED: 'yellow', 'STILL RUNNING': 'yellow' } as const

const WORDS = { pass: 'PASS', fail: 'FAIL', invalid: 'INVALID', running: 'STILL RUNNING' } as const

/** How the run ended, if it has. */
const wordOf = ({ stopped, verdict }: ReportedSummary) => (stopped ? 'STOPPED' : WORDS[verdict])

/** The summary of a run, which may not have ended, at most 80 columns wide. */
export const summaryLines = (io: Io, summary: ReportedSummary): string[] => {
  const paint = painter(io.stdout, io)
  const { planned, done, seconds, ratePerSecond, phones, because, failures, disturbances } = summary
  const word = wordOf(summary)
  const by = plural(phones, ['phone', 'phones'])
  const verdict = `${done} of ${planned} operations done by ${by} in ${seconds.toFixed(1)} s, ${Math.round(ratePerSecond)}/s`
  // Figures that say nothing are told behind the reason why.
  const [head = '', ...more] = summary.verdict === 'invalid' ? [...because, verdict] : [verdict, ...because]
  const [first = '', ...others] = paragraph(word, { text: head, indent: word.length + 2 })
  return [
    `${paint(COLOURS[word], word)}${first.slice(word.length)}`,
    ...others,
    ...more.flatMap(text => paragraph('', { text, indent: word.length + 2 })),
    '',
    ...roundLines(summary),
    ...(summary.thresholds.length > 0 ? ['', 'thresholds', ...thresholdLines(io, summary)] : []),
    ...(failures.length > 0 ? ['', 'failures', ...failures.flatMap(failureLines)] : []),
    ...disturbanceLines(disturbances),
    '',
    ...latencyLines(summary),
    ...generatorLines(summary),
  ]
}
