import { bar } from '@capfkit/codec/chart'
import type { RolloverPlan } from '../plan.ts'
import { aroundShadow, type Bucket, bucketsOf, spanOf } from './buckets.ts'
import { days, dayWords, figure, outcomeLines, RA_WORDS, remedyLines, settingRows, windowLines } from './words.ts'

const BAR_COLUMNS = 24
const MOST_ROWS = 32
const LABEL = 'day 1234 00h'.length

const labelOf = ({ fromHour, hours }: Bucket): string => {
  const day = `day ${Math.floor(fromHour / 24)}`
  return hours % 24 === 0 ? day : `${day} ${String(fromHour % 24).padStart(2, '0')}h`
}

const COLUMNS = ['asked', 'refused', 'unheard', 'served'] as const
const HEADS: Readonly<Record<(typeof COLUMNS)[number], string>> = {
  asked: 'asked',
  refused: '404',
  unheard: 'not heard',
  served: 'served',
}

/** Rows of a chart: a bar for how many asked, and the four figures. */
const chartLines = (buckets: readonly Bucket[]): string[] => {
  const most = Math.max(1, ...buckets.map(({ asked }) => asked))
  const widths = COLUMNS.map(name => Math.max(HEADS[name].length, ...buckets.map(bucket => figure(bucket[name]).length)))
  const row = (label: string, drawn: string, cells: readonly string[]) =>
    `  ${label.padEnd(LABEL)} |${drawn.padEnd(BAR_COLUMNS)} ${cells.map((cell, index) => cell.padStart(widths[index]!)).join('  ')}`.trimEnd()
  return [
    row(
      '',
      '',
      COLUMNS.map(name => HEADS[name]),
    ).replace('|', ' '),
    ...buckets.map(bucket =>
      row(
        labelOf(bucket),
        bar({ value: bucket.asked, most, columns: BAR_COLUMNS }),
        COLUMNS.map(name => figure(bucket[name])),
      ),
    ),
  ]
}

const each = (buckets: readonly Bucket[]): string => {
  const { hours } = buckets[0]!
  return hours === 1 ? 'an hour' : hours % 24 === 0 ? (hours === 24 ? 'a day' : `${hours / 24} days`) : `${hours} hours`
}

/** The plan for a terminal; `file` is the name of the configuration. */
export const rolloverLines = (plan: RolloverPlan, file: string): string[] => {
  const { server, trustpoint, fleet, windows, simulation, cure } = plan
  const on = (day: number) => dayWords(day, plan)
  const rows = settingRows(plan, file)
  const [words, values] = [Math.max(...rows.map(([first]) => first.length)), Math.max(...rows.map(([, second]) => second.length))]
  const span = spanOf(simulation)
  const whole = span && bucketsOf(simulation, { ...span, most: MOST_ROWS })
  const around = whole && whole[0]!.hours > 1 ? aroundShadow(simulation, windows.shadowDay) : undefined
  return [
    `PKI server ${server ?? '(no name)'}, clients with trustpoint ${trustpoint ?? '(no name)'}`,
    '',
    ...rows.map(([statement, value, from]) => `  ${statement.padEnd(words)}  ${value.padStart(values)}  ${from}`),
    '',
    ...windowLines({ timers: fleet.timers, windows, on }),
    '',
    `${figure(fleet.clients)} simulated clients, enrolled from day ${figure(fleet.enrolledOnDay)} on, for ${days(fleet.enrolledOverDays)}:`,
    ...outcomeLines(plan).map(line => `  ${line}`),
    ...(whole ? ['', `GetNextCACert, ${each(whole)} a line`, ...chartLines(whole)] : []),
    ...(around
      ? ['', 'hour by hour around the shadow certificate', ...chartLines(bucketsOf(simulation, { ...around, most: Infinity }))]
      : []),
    ...(cure
      ? [
          '',
          `with auto-rollover ${cure.overlapDays}:`,
          ...outcomeLines({ fleet, simulation: cure.simulation }).map(line => `  ${line}`),
          '',
          `on the server; ${RA_WORDS}`,
          ...remedyLines(plan).map(line => `  ${line}`),
        ]
      : []),
  ]
}
