import { bar } from '@capfkit/codec/chart'

const BAR_COLUMNS = 50
/** In the place of steps in which nobody came. */
const GAP = '         :'

const two = (value: number) => String(Math.floor(value)).padStart(2, '0')

/** Units of the step of a chart, as the left column has them. */
const SCALES = {
  seconds: { ms: 1_000, label: (seconds: number) => `${Math.floor(seconds / 60)}:${two(seconds % 60)}` },
  days: { ms: 86_400_000, label: (days: number) => `day ${Math.round(days)}` },
} as const

export type ChartInit = {
  readonly title: string
  readonly scale: keyof typeof SCALES
  /** In units of the scale. */
  readonly step: number
  /** What is drawn; default: everything. */
  readonly what?: string
}

type Arrival = { readonly at: number; readonly who: string; readonly what: string }

/** Who came when, on the clock of the stage: a file, and a curve for people. */
export class Arrivals {
  readonly #rows: Arrival[] = []

  note(arrival: Arrival): void {
    this.#rows.push(arrival)
  }

  /** From the first one of one kind to the last one of another, ms. */
  betweenMs(first: string, last: string): number {
    const times = (wanted: string) => this.#rows.filter(({ what }) => what === wanted).map(({ at }) => at)
    return Math.max(...times(last)) - Math.min(...times(first))
  }

  /** CSV: time in ISO 8601, who, what. */
  get csv(): string {
    const rows = this.#rows.map(({ at, who, what }) => `${new Date(at).toISOString()},${who},${what}\n`)
    return `at,who,what\n${rows.join('')}`
  }

  /** How many came in each step from the first one on. */
  #counts({ scale, step, what }: ChartInit): number[] {
    const rows = this.#rows.filter(row => what === undefined || row.what === what).map(({ at }) => at)
    const from = Math.min(...this.#rows.map(({ at }) => at))
    const stepMs = step * SCALES[scale].ms
    const counts: number[] = []
    for (const at of rows) {
      const index = Math.floor((at - from) / stepMs)
      counts[index] = (counts[index] ?? 0) + 1
    }
    return Array.from(counts, count => count ?? 0)
  }

  /** The most in one step. */
  peak(init: ChartInit): number {
    return Math.max(0, ...this.#counts(init))
  }

  /** A bar a step, for a terminal of 80 columns. */
  chart(init: ChartInit): string {
    const { title, scale, step } = init
    const counts = this.#counts(init)
    const most = Math.max(1, ...counts)
    const lines = counts.flatMap((count, index) => {
      const isInGap = count === 0 && counts[index - 1] === 0
      if (isInGap) return counts[index + 1] === 0 ? [] : [GAP]
      const drawn = bar({ value: count, most, columns: BAR_COLUMNS })
      return [`${SCALES[scale].label(index * step).padStart(8)} |${drawn}${count > 0 ? ` ${count}` : ''}`]
    })
    const total = counts.reduce((sum, count) => sum + count, 0)
    return `${title}\n${lines.join('\n')}\npeak: ${this.peak(init)} in ${step} ${scale}; in all ${total}\n`
  }
}
