/** One thing that `pnpm bench` measures: prints its tables and gives what `--json` prints. */
export type Part = (options: PartOptions) => Promise<unknown>

export type PartOptions = {
  /** Fewer rounds and phones: for a look, not for a figure. */
  quick: boolean
}

/** As a person reads it: 1.24 x. */
export const ratio = (value: number, to: number) => `${(value / to).toFixed(2)} x`

/** Of so many at once, as the open peers were measured. */
export const CONCURRENCIES = [1, 16, 64, 256]
