import {
  clockInWords,
  type FigureName,
  figureInWords,
  inWords,
  type LiveHistory,
  type LivePercentiles,
  type LiveSnapshot,
  type RunState,
} from '@capfkit/fleet/live'
import { plain } from '../../screen-table.ts'
import { KEYS } from './keys.ts'
import { type SpanLine, span, widthOf } from './spans.ts'
import { sparkline } from './sparkline.ts'

/** What a section is made from. */
export type ScreenState = {
  readonly snapshot: LiveSnapshot
  readonly history: LiveHistory
  readonly columns: number
  readonly hasKeys: boolean
  readonly isHelp: boolean
}

type Section = {
  /** The lower, the longer it stays where there is little room; 0 always stays. */
  readonly rank: number
  /** At most this many of its lines where there is little room. */
  readonly least: number
  lines(state: ScreenState): readonly SpanLine[]
}

const LABEL = 12
const NUMBER = 10
const MOST_SPARKS = 60
const BAR = { widest: 40, narrowest: 10 } as const

const STATE_STYLES = {
  preparing: 'cyan',
  running: 'green',
  paused: 'yellow',
  draining: 'yellow',
  stopping: 'yellow',
  ended: 'bold',
} as const satisfies Record<RunState, string>

const label = (text: string) => span(text.padEnd(LABEL), 'dim')
const gap = span('  ')

const bar = (share: number, width: number) => {
  const full = Math.round(width * Math.min(1, Math.max(0, share)))
  return [span('█'.repeat(full), 'cyan'), span('░'.repeat(width - full), 'dim')]
}

const head = ({ snapshot, columns }: ScreenState): SpanLine[] => {
  const { state, stage, seconds, run, phase, phases, figures } = snapshot
  const place = phase === undefined || phases.length < 2 ? '' : `  ${phase + 1} of ${phases.length}`
  const { factor = 1 } = figures
  const speed = factor === 1 || factor === 0 ? [] : [gap, span(figureInWords('factor', factor), 'yellow')]
  const left = [
    span(state, STATE_STYLES[state]),
    ...speed,
    gap,
    span(plain(stage), 'bold'),
    span(place),
    gap,
    span(clockInWords(seconds)),
  ]
  const right = run.target === '' ? '' : `${plain(run.target)}  seed ${run.seed}`
  const room = columns - widthOf(left) - [...right].length
  return [room >= 2 ? [...left, span(' '.repeat(room)), span(right, 'dim')] : left]
}

const progress = ({ snapshot, columns }: ScreenState): SpanLine[] => {
  const { phase, phases, making } = snapshot
  const { total, ended } = making ? { total: making.total, ended: making.done } : (phases[phase ?? -1] ?? {})
  if (ended === undefined) return []
  if (total === undefined) return [[label('phase'), span(`${figureInWords('done', ended)} ended, until its time is over`)]]
  const words = `${figureInWords('done', ended)} of ${figureInWords('planned', total)}`
  const width = Math.min(BAR.widest, columns - LABEL - words.length - 2)
  return [
    [
      label(making ? 'made' : 'phase'),
      ...(width >= BAR.narrowest ? [...bar(ended / Math.max(1, total), width), gap] : []),
      span(words),
    ],
  ]
}

/** Those that count whatever happens; others only when there is something to count. */
const COUNTS: readonly { readonly name: FigureName; readonly bad?: true }[] = [
  { name: 'done' },
  { name: 'failed', bad: true },
  { name: 'disturbed' },
  { name: 'inFlight' },
  { name: 'lateStarts', bad: true },
  { name: 'skipped', bad: true },
]

const LABELS = {
  done: 'done',
  failed: 'failed',
  disturbed: 'disturbed',
  inFlight: 'in flight',
  lateStarts: 'late starts',
  skipped: 'skipped',
} as const

/** Shown when there are any. */
const RARE: ReadonlySet<FigureName> = new Set(['disturbed', 'skipped'])

const counts = ({ snapshot: { figures } }: ScreenState): SpanLine[] => {
  const shown = COUNTS.filter(({ name }) => figures[name] !== undefined && (!RARE.has(name) || figures[name]! > 0))
  const pieces = shown.map(({ name, bad }, index) =>
    span(
      `${index > 0 ? '   ' : ''}${figureInWords(name, figures[name])} ${LABELS[name as keyof typeof LABELS]}`,
      bad && figures[name]! > 0 ? 'red' : 'bold',
    ),
  )
  return pieces.length === 0 ? [] : [[label('operations'), ...pieces]]
}

const withSparks = (name: FigureName, { word, state }: { word: string; state: ScreenState }): SpanLine[] => {
  const value = state.snapshot.figures[name]
  if (value === undefined && state.history.points.length === 0) return []
  const room = Math.min(MOST_SPARKS, state.columns - LABEL - NUMBER - 2)
  return [
    [
      label(word),
      span(figureInWords(name, value).padStart(NUMBER)),
      gap,
      span(sparkline(state.history.last(name, room), room), 'cyan'),
    ],
  ]
}

const percentiles = (values: LivePercentiles | undefined) =>
  (['p50', 'p90', 'p99'] as const).map(name => span(inWords('ms', values?.[name]).padStart(NUMBER)))

const latencyOf = ({ figures }: LiveSnapshot, prefix: 'scheduled' | 'actual' | 'scheduledRun' | 'actualRun') => {
  const { [`${prefix}P50Ms` as const]: p50, [`${prefix}P90Ms` as const]: p90, [`${prefix}P99Ms` as const]: p99 } = figures
  return p50 === undefined || p90 === undefined || p99 === undefined ? undefined : { p50, p90, p99 }
}

const WIDE = 84
const PHASE = 18

/** The last second beside the run so far; the run alone where the terminal is narrow. */
const latencyLine = (
  name: string,
  of: { last: LivePercentiles | undefined; run: LivePercentiles | undefined; columns: number },
) => [span(name.padEnd(PHASE)), ...(of.columns >= WIDE ? [...percentiles(of.last), gap] : []), ...percentiles(of.run)]

const latency = ({ snapshot, columns }: ScreenState): SpanLine[] => {
  if (latencyOf(snapshot, 'actualRun') === undefined) return []
  const heads = ['p50', 'p90', 'p99'].map(text => text.padStart(NUMBER)).join('')
  const isWide = columns >= WIDE
  return [
    [
      span('latency'.padEnd(PHASE), 'dim'),
      ...(isWide ? [span('of the last second'.padStart(heads.length), 'dim'), gap] : []),
      span('of the run'.padStart(heads.length), 'dim'),
    ],
    [span(' '.repeat(PHASE)), ...(isWide ? [span(heads, 'dim'), gap] : []), span(heads, 'dim')],
    latencyLine('  scheduled start', { last: latencyOf(snapshot, 'scheduled'), run: latencyOf(snapshot, 'scheduledRun'), columns }),
    latencyLine('  real start', { last: latencyOf(snapshot, 'actual'), run: latencyOf(snapshot, 'actualRun'), columns }),
  ]
}

const stretches = ({ snapshot, columns }: ScreenState): SpanLine[] =>
  snapshot.stretches.map(({ phase, last, run }) => latencyLine(`    ${plain(phase)}`, { last, run, columns }))

const failures = ({ snapshot: { failures: all, otherFailures } }: ScreenState): SpanLine[] => [
  ...all.map(({ count, reason, side, phase }, index) => [
    label(index === 0 ? 'failures' : ''),
    span(`${figureInWords('failed', count).padStart(7)}  `, 'red'),
    span(plain(reason)),
    span(`  ${plain(side)}, ${plain(phase)}`, 'dim'),
  ]),
  ...(otherFailures > 0 ? [[label(''), span(`${figureInWords('failed', otherFailures).padStart(7)}  in other ways`)]] : []),
]

const generator = ({ snapshot: { figures } }: ScreenState): SpanLine[] => {
  const { processes, cpuShare, eventLoopDelayP99Ms, memoryBytes } = figures
  if (processes === undefined) return []
  const words = [
    `${processes} ${processes === 1 ? 'process' : 'processes'}`,
    `${processes === 1 ? '' : 'busiest '}${inWords('cores', cpuShare)} CPU`,
    `event loop late ${inWords('ms', eventLoopDelayP99Ms)}`,
    inWords('bytes', memoryBytes),
  ]
  return [[label('generator'), span(words.join(', '))]]
}

const thresholds = ({ snapshot }: ScreenState): SpanLine[] =>
  snapshot.thresholds.map(({ sentence, value, holds }, index) => [
    label(index === 0 ? 'thresholds' : ''),
    span(holds ? '✓ ' : '✗ ', holds ? 'green' : 'red'),
    span(plain(sentence)),
    span(`  ${plain(value)}`, 'dim'),
  ])

const warnings = ({ snapshot }: ScreenState): SpanLine[] =>
  snapshot.warnings.map(text => [span('! ', 'yellow'), span(plain(text), 'yellow')])

const help = ({ isHelp }: ScreenState): SpanLine[] =>
  isHelp ? KEYS.map(({ name, label: word, doc }) => [span(`  ${name}  `, 'bold'), span(word.padEnd(LABEL)), span(doc, 'dim')]) : []

/** Whole ones only: half a word would be a riddle. */
const keys = ({ hasKeys, columns }: ScreenState): SpanLine[] => {
  if (!hasKeys) return []
  let room = columns
  const shown = KEYS.filter(({ name, label: word }) => {
    room -= name.length + 1 + word.length + 3
    return room >= -3
  })
  return [shown.flatMap(({ name, label: word }) => [span(name, 'bold'), span(` ${word}   `, 'dim')])]
}

const empty = (): SpanLine[] => [[]]

/** From top to bottom, and how long each stays where there is little room. */
export const SECTIONS: readonly Section[] = [
  { rank: 0, least: 1, lines: head },
  { rank: 1, least: 1, lines: warnings },
  { rank: 2, least: 1, lines: progress },
  { rank: 0, least: 1, lines: counts },
  { rank: 11, least: 1, lines: empty },
  { rank: 3, least: 1, lines: state => withSparks('donePerSecond', { word: 'rate', state }) },
  { rank: 5, least: 1, lines: state => withSparks('scheduledP99Ms', { word: 'p99', state }) },
  { rank: 4, least: 2, lines: failures },
  { rank: 8, least: 1, lines: thresholds },
  { rank: 7, least: 1, lines: generator },
  { rank: 12, least: 1, lines: empty },
  { rank: 6, least: 4, lines: latency },
  { rank: 9, least: 3, lines: stretches },
  { rank: 13, least: 1, lines: empty },
  { rank: 1, least: KEYS.length, lines: help },
  { rank: 1, least: 1, lines: keys },
]
