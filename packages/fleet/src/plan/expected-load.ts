import type { Distribution } from '@capfkit/codec/options'
import type { Plan, PlanPhase } from './plan.ts'

/** Sessions that are under way at once while a server keeps up; one that does not is what the run is there to find. */
const SESSION_MS = 1000

const MEAN_MS: { readonly [K in Distribution['kind']]: (distribution: Distribution & { kind: K }) => number } = {
  fixed: ({ ms }) => ms,
  uniform: ({ fromMs, toMs }) => (fromMs + toMs) / 2,
  normal: ({ meanMs }) => meanMs,
  lognormal: ({ medianMs, sigma }) => medianMs * Math.exp(sigma ** 2 / 2),
  exponential: ({ meanMs }) => meanMs,
}

/** How long a session takes that waits for its key, ms; the times of the table of models are minutes: all wait together. */
export const expectedSessionMs = ({ options, models }: Plan): number => {
  const keyTimes = Object.values(models).flatMap(({ keyGeneration }) =>
    keyGeneration ? [MEAN_MS[keyGeneration.kind](keyGeneration as never)] : [],
  )
  const { keyGenerationDelayMs } = options
  return SESSION_MS + (keyGenerationDelayMs < 0 ? Number.POSITIVE_INFINITY : Math.max(keyGenerationDelayMs, ...keyTimes))
}

/** Starts by second when most come. */
const peakRate = ({ arrivals }: PlanPhase, phones: number): number => {
  if (arrivals.kind === 'concurrency') return 0
  if (arrivals.kind === 'rate') return Math.max(arrivals.fromPerSecond, arrivals.toPerSecond)
  return (1000 * phones) / Math.max(1000, arrivals.withinMs)
}

/** A port and an entry of a firewall's table are taken for a minute or two: a burst is as a rate over this time, ms. */
const LINGER_MS = 60_000

const lastingRate = (phase: PlanPhase, phones: number): number =>
  phase.arrivals.kind === 'burst' ? (1000 * phones) / Math.max(LINGER_MS, phase.arrivals.withinMs) : peakRate(phase, phones)

/** How much a plan asks of whoever runs it, at its fullest: sessions at once, and starts by second as they last (0 in a closed model). */
export const expectedLoad = (plan: Plan, phones: number): { atOnce: number; perSecond: number } => {
  const eachMs = expectedSessionMs(plan)
  const phases = plan.phases.map(phase => {
    const taking = Math.ceil(phones * phase.share)
    const perSecond = peakRate(phase, taking)
    const { arrivals, maxInFlight = taking } = phase
    const wanted = arrivals.kind === 'concurrency' ? arrivals.sessions : Math.ceil((perSecond * eachMs) / 1000)
    return { perSecond: lastingRate(phase, taking), atOnce: Math.min(taking, maxInFlight, wanted) }
  })
  return {
    atOnce: Math.max(1, ...phases.map(({ atOnce }) => atOnce)),
    perSecond: Math.ceil(Math.max(0, ...phases.map(({ perSecond }) => perSecond))),
  }
}
