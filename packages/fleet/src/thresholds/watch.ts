import { Tally } from '../tally.ts'
import { metricRow } from './metrics.ts'
import { formatValue, isMet, measure, type Threshold, thresholdName, wantedOf } from './threshold.ts'

/** What became of one threshold; printed by `--json`. */
export type ThresholdResult = {
  /** What it is about: `p99(tls) over 10s`. */
  name: string
  /** `< 500ms` */
  wanted: string
  /** `812ms`: of the whole run, or of its worst window; `nothing` where nothing was measured. */
  got: string
  ok: boolean
  /** What a miss says: operations failed (exit 1), or a figure is not what it should be (exit 3). */
  says: 'failures' | 'figures'
  /** How many windows there were, and in how many it was missed. */
  windows?: { all: number; missed: number }
  /** The worst window, in seconds since the first phase began. */
  window?: { fromSeconds: number; toSeconds: number }
  /** The run was stopped because of it. */
  aborted?: true
}

/** Everything that was counted, and how long the phases took together. */
export type WholeRun = { readonly tally: Tally; readonly seconds: number }

const NOTHING = 'nothing'

type Worst = { got: number; fromMs: number; toMs: number }

/** Windows of one length that follow each other, each of one phase of the plan. */
class Windows {
  readonly #threshold: Threshold
  #tally = new Tally()
  #fromMs: number | undefined
  all = 0
  missed = 0
  worst: Worst | undefined

  constructor(threshold: Threshold) {
    this.#threshold = threshold
  }

  begin(atMs: number): void {
    this.#tally = new Tally()
    this.#fromMs = atMs
  }

  hear(since: Tally): void {
    this.#tally.add(since)
  }

  /** Close the window when it is long enough. @returns whether it missed. */
  look(atMs: number): boolean {
    const fromMs = this.#fromMs
    if (fromMs === undefined || atMs - fromMs < this.#threshold.overMs!) return false
    return this.#close(fromMs, atMs)
  }

  /** The phase is over: a window of at least half its length counts. */
  end(atMs: number): boolean {
    const fromMs = this.#fromMs
    this.#fromMs = undefined
    return fromMs !== undefined && atMs - fromMs >= this.#threshold.overMs! / 2 && this.#close(fromMs, atMs)
  }

  #close(fromMs: number, toMs: number): boolean {
    const got = measure(this.#threshold, { tally: this.#tally, seconds: (toMs - fromMs) / 1000 })
    if (this.#fromMs !== undefined) this.begin(toMs)
    if (got === undefined) return false
    this.all++
    const wantsMore = this.#threshold.sign.startsWith('>')
    if (!this.worst || (wantsMore ? got < this.worst.got : got > this.worst.got)) this.worst = { got, fromMs, toMs }
    const isMissed = !isMet(this.#threshold, got)
    if (isMissed) this.missed++
    return isMissed
  }
}

/** All thresholds of a run while it runs. Times are ms since its first phase began, those between phases left out of no window. */
export class ThresholdWatch {
  readonly #rows: readonly { threshold: Threshold; windows: Windows | undefined }[]
  readonly #total = new Tally()
  readonly #onAbort: (threshold: Threshold) => void
  #aborted: Threshold | undefined
  /** Time in phases, which is what rates are about. */
  #beforeMs = 0
  #phaseFromMs: number | undefined

  constructor(thresholds: readonly Threshold[], onAbort: (threshold: Threshold) => void = () => {}) {
    this.#rows = thresholds.map(threshold => ({
      threshold,
      windows: threshold.overMs === undefined ? undefined : new Windows(threshold),
    }))
    this.#onAbort = onAbort
  }

  beginPhase(atMs: number): void {
    this.#phaseFromMs = atMs
    for (const { windows } of this.#rows) windows?.begin(atMs)
  }

  /** What one process counted since it told last. */
  hear(since: Tally): void {
    if (this.#rows.length === 0) return
    this.#total.add(since)
    for (const { windows } of this.#rows) windows?.hear(since)
  }

  /** Once a second: close what is over, and see whether there is a reason to stop. */
  look(atMs: number): void {
    for (const { threshold, windows } of this.#rows)
      if (windows ? windows.look(atMs) : this.#isMissedSoFar(threshold, atMs)) this.#abort(threshold, atMs)
  }

  endPhase(atMs: number): void {
    if (this.#phaseFromMs !== undefined) this.#beforeMs += atMs - this.#phaseFromMs
    this.#phaseFromMs = undefined
    for (const { threshold, windows } of this.#rows) if (windows?.end(atMs)) this.#abort(threshold, atMs)
  }

  #isMissedSoFar(threshold: Threshold, atMs: number): boolean {
    // Only a reason to stop is asked for before the end.
    if (threshold.abortAfterMs === undefined || this.#phaseFromMs === undefined) return false
    const seconds = (this.#beforeMs + atMs - this.#phaseFromMs) / 1000
    const got = measure(threshold, { tally: this.#total, seconds })
    return got !== undefined && !isMet(threshold, got)
  }

  #abort(threshold: Threshold, atMs: number): void {
    const { abortAfterMs } = threshold
    if (this.#aborted || abortAfterMs === undefined || atMs < abortAfterMs) return
    this.#aborted = threshold
    this.#onAbort(threshold)
  }

  /** How it went, from everything that was counted and the time that the phases took. */
  results(whole: WholeRun): ThresholdResult[] {
    return this.#rows.map(({ threshold, windows }) => {
      const result = windows ? windowResult(threshold, windows) : wholeResult(threshold, whole)
      return this.#aborted === threshold ? { ...result, ok: false, aborted: true } : result
    })
  }
}

const named = (threshold: Threshold) => ({
  name: thresholdName(threshold),
  wanted: wantedOf(threshold),
  says: metricRow(threshold.metric).says,
})

/** Nothing measured is nothing shown: the threshold is missed. */
export const wholeResult = (threshold: Threshold, whole: WholeRun): ThresholdResult => {
  const got = measure(threshold, whole)
  const words = got === undefined ? NOTHING : formatValue(threshold.metric, got)
  return { ...named(threshold), got: words, ok: got !== undefined && isMet(threshold, got) }
}

const windowResult = (threshold: Threshold, { all, missed, worst }: Windows): ThresholdResult => ({
  ...named(threshold),
  got: worst === undefined ? NOTHING : formatValue(threshold.metric, worst.got),
  ok: all > 0 && missed === 0,
  windows: { all, missed },
  ...(worst ? { window: { fromSeconds: seconds(worst.fromMs), toSeconds: seconds(worst.toMs) } } : {}),
})

const seconds = (ms: number) => Math.round(ms) / 1000
