import { measureRun, type SustainedRun } from './sustained.ts'

/** A fleet in a process of its own, as `capf fleet run` is: what was measured before is not in its memory. */
process.once('message', async ({ options, how }: SustainedRun) => {
  process.send?.(await measureRun(options, how), () => process.disconnect())
})
