import { Latency } from '../latency.ts'
import { randomOf } from '../random.ts'
import type { RunSpread } from './run-report.ts'
import type { Stretch } from './timeline.ts'

/** Fewer stretches say nothing about how much a run varies. */
const LEAST_STRETCHES = 3
const RESAMPLES = 100

const deviation = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1))
}

const latencyOf = (values: readonly number[]): Latency => {
  const latency = new Latency()
  for (const value of values) latency.record(value)
  return latency
}

/**
 * How much percentiles would differ from run to run: the bootstrap over whole stretches, so that one bad stretch counts as the one
 * event that it was, however many operations it spoilt.
 */
const ofPercentiles = (stretches: readonly (readonly number[])[]): RunSpread['scheduledMs'] => {
  const random = randomOf({ seed: 1, index: 0, purpose: 'resample' })
  const latencies = stretches.map(latencyOf)
  const drawn = Array.from({ length: RESAMPLES }, () => {
    const sum = new Latency()
    for (let count = 0; count < latencies.length; count++) sum.add(latencies[Math.floor(random() * latencies.length)]!)
    return { p50: sum.percentile(50), p90: sum.percentile(90), p99: sum.percentile(99) }
  })
  const of = (name: 'p50' | 'p90' | 'p99') => deviation(drawn.map(figures => figures[name]))
  return { p50: of('p50'), p90: of('p90'), p99: of('p99') }
}

/** The standard errors of a run's figures, from stretches of equal length; `undefined` where they are too few. */
export const spreadOf = ({ stretches, lengthMs }: { stretches: readonly Stretch[]; lengthMs: number }): RunSpread | undefined => {
  const busy = stretches.filter(({ done }) => done > 0)
  if (busy.length < LEAST_STRETCHES) return undefined
  const rates = stretches.map(({ done }) => (1000 * done) / lengthMs)
  return {
    ratePerSecond: deviation(rates) / Math.sqrt(rates.length),
    scheduledMs: ofPercentiles(busy.map(({ scheduled }) => scheduled)),
    actualMs: ofPercentiles(busy.map(({ actual }) => actual)),
  }
}
