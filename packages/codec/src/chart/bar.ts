const MARK = '#'

export type BarInit = {
  readonly value: number
  /** The value of the longest bar. */
  readonly most: number
  /** Characters of the longest bar. */
  readonly columns: number
}

/** A bar of a chart for a terminal. What is not nothing has one mark at least. */
export const bar = ({ value, most, columns }: BarInit): string =>
  MARK.repeat(value <= 0 ? 0 : Math.ceil((Math.min(value, most) / most) * columns))
