import type { FleetSummary, LatencySummary } from '@capfkit/fleet'
import { type Io, painter } from '../io.ts'

const ms = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 'es'}`

const COLUMNS = ['p50', 'p90', 'p99', 'p999', 'max'] as const
const HEADS = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', max: 'max' } as const

const latencyLine = (name: string, latency: LatencySummary) =>
  `  ${name.padEnd(22)}${COLUMNS.map(column => ms(latency[column]).padStart(9)).join('')}`

const roundLines = ({ rounds }: FleetSummary) =>
  rounds.map(({ operation, done, failed, seconds }, index) => {
    const rate = seconds > 0 ? `${Math.round(done / seconds)}/s` : ''
    return `  round ${index + 1}  ${operation.padEnd(13)}${String(done).padStart(8)} done ${String(failed).padStart(6)} failed ${seconds.toFixed(1).padStart(7)} s ${rate.padStart(8)}`
  })

const failureLines = ({ failures }: FleetSummary) =>
  failures.length === 0
    ? []
    : [
        '',
        'failures',
        ...failures.map(
          ({ side, phase, reason, count }) => `  ${String(count).padStart(7)}  ${reason} (${side}, in phase ${phase})`,
        ),
      ]

const generatorLines = ({ generator, server, keys }: FleetSummary) => {
  const { processes, cpuMsPerOperation, eventLoopDelayMs, lateStarts, loopback } = generator
  const health = `event loop late by ${ms(eventLoopDelayMs.p99)} ms (p99), ${ms(eventLoopDelayMs.max)} ms (max)`
  return [
    `keys       ${keys.note}`,
    `generator  ${plural(processes, 'process')}, ${cpuMsPerOperation.toFixed(2)} ms CPU an operation, ${health}, ${lateStarts} late starts`,
    ...(server
      ? [
          `server     ${plural(server.processes, 'process')}, ${server.cpuMsPerOperation.toFixed(2)} ms CPU an operation, ${megabytes(server.memoryBytes)}`,
        ]
      : []),
    ...(loopback ? ['           loopback: server and phones share the cores of this machine'] : []),
  ]
}

/** The summary of a run, at most 100 columns wide. */
export const summaryLines = (io: Io, summary: FleetSummary): string[] => {
  const paint = painter(io.stdout, io)
  const { verdict, done, failed, seconds, ratePerSecond, phases, latencyMs, because } = summary
  const colour = ({ pass: 'green', fail: 'red', invalid: 'yellow' } as const)[verdict]
  return [
    `${paint(colour, verdict.toUpperCase())}  ${done} of ${done + failed} operations done by ${summary.phones} phones in ${seconds.toFixed(1)} s, ${Math.round(ratePerSecond)}/s`,
    ...because.map(sentence => `      ${sentence}`),
    '',
    ...roundLines(summary),
    ...failureLines(summary),
    '',
    `${'latency, ms'.padEnd(24)}${COLUMNS.map(column => HEADS[column].padStart(9)).join('')}`,
    latencyLine('from scheduled start', latencyMs.scheduled),
    latencyLine('from actual start', latencyMs.actual),
    ...Object.entries(phases).map(([phase, latency]) => latencyLine(`  ${phase}`, latency)),
    '',
    ...generatorLines(summary),
  ]
}
