import { FIGURE_NAMES, FIGURES, type FigureName, type Figures } from './figures.ts'
import type { LiveSnapshot } from './snapshot.ts'

/** The figures of a stretch of time. */
export type HistoryPoint = { readonly seconds: number; readonly figures: Figures }

/** Points of a run from its first second on; as JSON it is what a page begins with. */
export type EncodedHistory = { readonly lengthSeconds: number; readonly points: readonly HistoryPoint[] }

/** Never more points than this: with the next one, pairs become one of twice the length. */
export const MOST_POINTS = 600

/** Of two figures of neighbouring stretches: a rate is their mean, a sum is the later one, anything else the worse. */
const mergedFigure = (name: FigureName, values: readonly [number | undefined, number | undefined]): number | undefined => {
  const [first, second] = values
  if (first === undefined || second === undefined) return second ?? first
  const { kind, unit } = FIGURES[name]
  if (kind === 'sum' || unit === 'times') return second
  return unit === 'operations/s' ? (first + second) / 2 : Math.max(first, second)
}

const merged = (first: HistoryPoint, second: HistoryPoint): HistoryPoint => {
  const figures: Figures = {}
  for (const name of FIGURE_NAMES) {
    const value = mergedFigure(name, [first.figures[name], second.figures[name]])
    if (value !== undefined) figures[name] = value
  }
  return { seconds: first.seconds, figures }
}

/** What charts show of a run: all of it, however long it is, in a bounded number of points. */
export class LiveHistory {
  #lengthSeconds: number
  readonly #points: HistoryPoint[]
  /** What has come together of a stretch that is not over. */
  #open: HistoryPoint | undefined

  constructor({ lengthSeconds, points }: EncodedHistory = { lengthSeconds: 1, points: [] }) {
    this.#lengthSeconds = lengthSeconds
    this.#points = [...points]
  }

  /** Snapshots of preparations are left out: nothing is measured then. */
  add({ seconds, state, figures }: Pick<LiveSnapshot, 'seconds' | 'state' | 'figures'>): void {
    if (state === 'preparing') return
    const point = { seconds, figures }
    const open = this.#open
    this.#open = open === undefined ? point : merged(open, point)
    if (seconds - this.#open.seconds < this.#lengthSeconds - 1) return
    this.#points.push(this.#open)
    this.#open = undefined
    if (this.#points.length > MOST_POINTS) this.#coarsen()
  }

  get points(): readonly HistoryPoint[] {
    return this.#points
  }

  /** The last so many values of a figure, those that are there. */
  last(name: FigureName, count: number): readonly number[] {
    return this.#points.slice(-count).flatMap(({ figures }) => figures[name] ?? [])
  }

  encode(): EncodedHistory {
    return { lengthSeconds: this.#lengthSeconds, points: this.#points }
  }

  #coarsen(): void {
    this.#lengthSeconds *= 2
    const before = this.#points.splice(0)
    for (let at = 0; at < before.length; at += 2) {
      const [first, second] = [before[at]!, before[at + 1]]
      if (second) this.#points.push(merged(first, second))
      else this.#open = first
    }
  }
}
