import type { Witness } from './source-kind.ts'

const DAY_MS = 86_400_000
/** LSCs that end within so many days end together. */
const WINDOW_DAYS = 7
/** Further ahead it is no concern yet. */
const AHEAD_DAYS = 90
/** Fewer are renewed by hand. */
const FEWEST = 10

type Day = { count: number; readonly line: number; readonly text: string }

/** Counts LSCs by the day of their end. */
export class ExpiryDays {
  readonly #witness: Witness
  readonly #days = new Map<number, Day>()
  #total = 0

  constructor(witness: Witness) {
    this.#witness = witness
  }

  add(endsAt: number, place: { line: number; text: string }): void {
    this.#total++
    const today = this.#witness.now.getTime() / DAY_MS
    const day = Math.floor(endsAt / DAY_MS)
    if (day < today - WINDOW_DAYS || day > today + AHEAD_DAYS) return
    const known = this.#days.get(day)
    if (known) known.count++
    else this.#days.set(day, { count: 1, ...place })
  }

  /** Tells of the fullest week, if more than half of all LSCs end in it. */
  end(): void {
    const weeks = [...this.#days].map(([first, { line, text }]) => {
      const within = [...this.#days].filter(([day]) => day >= first && day < first + WINDOW_DAYS)
      return { first, line, text, count: within.reduce((sum, [, { count }]) => sum + count, 0) }
    })
    const fullest = weeks.reduce<(typeof weeks)[number] | undefined>(
      (best, week) => (week.count > (best?.count ?? 0) ? week : best),
      undefined,
    )
    if (!fullest || fullest.count < FEWEST || fullest.count * 2 < this.#total) return
    const { first, line, text, count } = fullest
    const from = new Date(first * DAY_MS).toISOString().slice(0, 10)
    this.#witness.sight({ clue: 'table.expiryWave', line, text, values: { count: String(count), of: String(this.#total), from } })
  }
}
