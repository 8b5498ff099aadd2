import { bar } from '@capfkit/codec/chart'

const BAR_COLUMNS = 40
/** `2027-03` of an ISO date, and `2027-03-14`. */
const MONTH = 7
const DAY = 10

export type Month = {
  /** `2027-03`, UTC. */
  readonly month: string
  readonly count: number
  /** The day on which the most end, and how many: a wave is a month with one such day. */
  readonly fullestDay: string
  readonly onFullestDay: number
}

/** Counts ends by day; memory grows with days, not with certificates. */
export class Months {
  readonly #days = new Map<string, number>()

  add(end: Date): void {
    const day = end.toISOString().slice(0, DAY)
    this.#days.set(day, (this.#days.get(day) ?? 0) + 1)
  }

  /** In order; months in which nothing ends are left out. */
  get rows(): Month[] {
    const months = new Map<string, Month>()
    for (const [day, count] of [...this.#days].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const month = day.slice(0, MONTH)
      const known = months.get(month) ?? { month, count: 0, fullestDay: day, onFullestDay: 0 }
      const isFuller = count > known.onFullestDay
      months.set(month, { ...known, count: known.count + count, ...(isFuller ? { fullestDay: day, onFullestDay: count } : {}) })
    }
    return [...months.values()]
  }
}

const monthNumber = (month: string): number => Number(month.slice(0, 4)) * 12 + Number(month.slice(5))

/** A bar a month, for a terminal; the month of `now` and what is before it are marked. */
export const monthLines = (rows: readonly Month[], { now }: { now: Date }): string[] => {
  const most = Math.max(1, ...rows.map(({ count }) => count))
  const width = String(most).length
  const today = now.toISOString().slice(0, MONTH)
  return rows.flatMap(({ month, count, fullestDay, onFullestDay }, index) => {
    const before = rows[index - 1]
    const gap = before && monthNumber(month) - monthNumber(before.month) > 1 ? ['      :'] : []
    const mark = month < today ? 'past' : month === today ? 'now' : ''
    const day = onFullestDay > 1 ? `  ${onFullestDay} on ${fullestDay}` : ''
    const drawn = bar({ value: count, most, columns: BAR_COLUMNS })
    return [...gap, `${month} ${mark.padEnd(4)} |${drawn.padEnd(BAR_COLUMNS)} ${String(count).padStart(width)}${day}`]
  })
}

/** CSV with a header: month, count, fullest day, count on that day. */
export const monthsCsv = (rows: readonly Month[]): string =>
  `month,lscs,fullest_day,on_fullest_day\n${rows.map(row => `${row.month},${row.count},${row.fullestDay},${row.onFullestDay}\n`).join('')}`
