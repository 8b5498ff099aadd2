import type { FleetOptions } from '../options.ts'
import { parseRounds } from '../rounds.ts'
import type { Plan } from './plan.ts'

/** The plan that the flags alone make: each round a phase in which every device has its turn once. @throws {OptionError} */
export const planOf = (options: FleetOptions): Plan => {
  const { rate, concurrency } = options
  return {
    options,
    models: {},
    phases: parseRounds(options.rounds).map(({ operation, word, share }) => ({
      name: word,
      operations: [{ name: operation, weight: 1 }],
      words: [{ name: word, weight: 1 }],
      share,
      devices: 'once',
      order: 'sequential',
      arrivals:
        rate === 0
          ? { kind: 'concurrency', sessions: concurrency }
          : { kind: 'rate', fromPerSecond: rate, toPerSecond: rate, spacing: 'even' },
      afterMs: 0,
    })),
  }
}
