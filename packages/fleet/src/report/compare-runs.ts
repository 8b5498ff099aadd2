import type { RunReport } from './run-report.ts'

/** `unknown`: a run is too short to see how much it varies. `info`: told, not judged. */
export type ComparedVerdict = 'same' | 'better' | 'worse' | 'unknown' | 'info'

/** One figure of two runs, side by side. */
export type ComparedFigure = {
  name: string
  unit: string
  a: number
  b: number
  /** (b - a) / a, in percent; absent where `a` is 0. */
  changePercent?: number
  /** A difference up to this is noise. Absent where nothing is judged. */
  noise?: number
  verdict: ComparedVerdict
}

export type Comparison = {
  version: 1
  /** `invalid` when one of the runs says nothing about the server. */
  verdict: 'same' | 'better' | 'worse' | 'invalid'
  figures: ComparedFigure[]
  /** Options that were not the same. */
  differences: { name: string; a: unknown; b: unknown }[]
  /** What a reader should know before believing the figures. */
  notes: string[]
}

/** How much a figure varies by itself: the standard error of the figure. */
type Spread = (report: RunReport) => number | undefined

type Metric = {
  readonly name: string
  readonly unit: string
  of(report: RunReport): number | undefined
  /** What is judged, by which direction is the good one; not judged where nothing is said. */
  readonly judge?: { readonly better: 'higher' | 'lower'; readonly spread: Spread }
}

/** So many standard errors are noise: three, as usual for a limit that should hold nearly always. */
const ERRORS_OF_NOISE = 3

const failedShare = ({ summary: { done, failed } }: RunReport) => failed / Math.max(1, done + failed)

/** Of a share of so many, as of a coin (binomial distribution). */
const ofShare: Spread = report => {
  const { done, failed } = report.summary
  const share = failedShare(report)
  return 100 * Math.sqrt((share * (1 - share)) / Math.max(1, done + failed))
}

const latency = (from: 'scheduled' | 'actual', percentile: 'p50' | 'p90' | 'p99'): Metric => ({
  name: `${percentile} from ${from} start`,
  unit: 'ms',
  of: ({ summary: { done, latencyMs } }) => (done > 0 ? latencyMs[from][percentile] : undefined),
  judge: { better: 'lower', spread: ({ spread }) => spread?.[`${from}Ms`][percentile] },
})

/** Every figure that is compared, in the order in which it is told. */
const METRICS: readonly Metric[] = [
  {
    name: 'rate',
    unit: '/s',
    of: ({ summary }) => summary.ratePerSecond,
    judge: { better: 'higher', spread: ({ spread }) => spread?.ratePerSecond },
  },
  { name: 'failed', unit: '%', of: report => 100 * failedShare(report), judge: { better: 'lower', spread: ofShare } },
  latency('scheduled', 'p50'),
  latency('scheduled', 'p90'),
  latency('scheduled', 'p99'),
  latency('actual', 'p50'),
  latency('actual', 'p99'),
  { name: 'late starts', unit: '', of: ({ summary }) => summary.generator.lateStarts },
  { name: 'generator CPU an operation', unit: 'ms', of: ({ summary }) => summary.generator.cpuMsPerOperation },
  { name: 'server CPU an operation', unit: 'ms', of: ({ summary }) => summary.server?.cpuMsPerOperation },
]

const judged = ({ a, b }: { a: number; b: number }, noise: number, better: 'higher' | 'lower'): ComparedVerdict => {
  if (Math.abs(b - a) <= noise) return 'same'
  return b > a === (better === 'higher') ? 'better' : 'worse'
}

const compareFigure = (
  { name, unit, of, judge }: Metric,
  runs: { a: RunReport; b: RunReport; tolerance: number },
): ComparedFigure[] => {
  const [a, b] = [of(runs.a), of(runs.b)]
  if (a === undefined || b === undefined) return []
  const change = a === 0 ? {} : { changePercent: (100 * (b - a)) / a }
  if (!judge) return [{ name, unit, a, b, ...change, verdict: 'info' }]
  const [spreadA, spreadB] = [judge.spread(runs.a), judge.spread(runs.b)]
  if (spreadA === undefined || spreadB === undefined) return [{ name, unit, a, b, ...change, verdict: 'unknown' }]
  const noise = Math.max(ERRORS_OF_NOISE * Math.hypot(spreadA, spreadB), runs.tolerance * Math.abs(a))
  return [{ name, unit, a, b, ...change, noise, verdict: judged({ a, b }, noise, judge.better) }]
}

/** Where a run leaves its files, and where its server listens, makes no difference. */
const NO_DIFFERENCE = new Set(['out', 'replace', 'server'])

const differencesOf = (a: RunReport, b: RunReport): Comparison['differences'] =>
  [...new Set([...Object.keys(a.options), ...Object.keys(b.options)])].flatMap(name => {
    const [one, other] = [a.options[name], b.options[name]]
    return NO_DIFFERENCE.has(name) || JSON.stringify(one) === JSON.stringify(other) ? [] : [{ name, a: one, b: other }]
  })

const notesOf = (which: 'A' | 'B', { complete, running, summary }: RunReport): string[] => [
  ...(running ? [`${which} is still running: its figures are those of what it has recorded so far`] : []),
  ...(complete || running ? [] : [`${which} was killed: its figures are those of what it had recorded`]),
  ...(complete && summary.stopped ? [`${which} was stopped before its end`] : []),
  ...(summary.verdict === 'invalid' ? [`${which} is invalid: ${summary.because.join('; ')}`] : []),
  ...(summary.unreachable ? [`${which} did not reach its server`] : []),
]

/**
 * Compare a run with a baseline. What differs by no more than the runs vary by themselves is noise: three standard errors of the
 * difference, from the spread of each run. The method is ours.
 *
 * @param a  the baseline.
 * @param init.tolerance  share of the baseline's figure that never counts as a difference: machines differ by some from day to day.
 */
export const compareRuns = (a: RunReport, b: RunReport, { tolerance = 0.05 }: { tolerance?: number } = {}): Comparison => {
  const figures = METRICS.flatMap(metric => compareFigure(metric, { a, b, tolerance }))
  const has = (verdict: ComparedVerdict) => figures.some(figure => figure.verdict === verdict)
  const isInvalid = [a, b].some(({ summary }) => summary.verdict === 'invalid' || summary.unreachable)
  const verdict = has('worse') ? 'worse' : has('better') ? 'better' : 'same'
  return {
    version: 1,
    verdict: isInvalid ? 'invalid' : verdict,
    figures,
    differences: differencesOf(a, b),
    notes: [...notesOf('A', a), ...notesOf('B', b)],
  }
}
