import type { LiveHealth } from '../client-messages.ts'
import type { Latency } from '../latency.ts'
import type { PhaseProgress } from '../progress.ts'
import type { Tally } from '../tally.ts'
import type { FigureName, Figures } from './figures.ts'
import type { LivePercentiles } from './snapshot.ts'

export const round3 = (value: number) => Math.round(value * 1000) / 1000

/** ms, 3 digits behind the point; nothing where nothing was measured. */
export const percentilesOf = (latency: Latency): LivePercentiles | undefined =>
  latency.count === 0
    ? undefined
    : { p50: round3(latency.percentile(50)), p90: round3(latency.percentile(90)), p99: round3(latency.percentile(99)) }

const PERCENTS = { p50: 'P50Ms', p90: 'P90Ms', p99: 'P99Ms' } as const

const latencyFigures = ({ tally, recent }: { tally: Tally; recent: Tally }): Figures => {
  const figures: Figures = {}
  for (const start of ['scheduled', 'actual'] as const)
    for (const [window, latency] of [
      ['', recent[start]],
      ['Run', tally[start]],
    ] as const) {
      const values = percentilesOf(latency)
      if (values)
        for (const percent of ['p50', 'p90', 'p99'] as const) {
          const name: FigureName = `${start}${window}${PERCENTS[percent]}`
          figures[name] = values[percent]
        }
    }
  return figures
}

/** Of one core. */
export const shareOf = ({ cpuMs, ms }: LiveHealth['recent']) => round3(cpuMs / Math.max(1, ms))

const generatorFigures = (health: readonly LiveHealth[]): Figures => {
  if (health.length === 0) return {}
  const worst = (value: (one: LiveHealth) => number) => round3(Math.max(...health.map(value)))
  return {
    processes: health.length,
    cpuShare: worst(({ recent }) => shareOf(recent)),
    eventLoopDelayP99Ms: worst(({ recent }) => recent.eventLoopDelayMs.p99),
    eventLoopDelayMaxMs: worst(({ recent }) => recent.eventLoopDelayMs.max),
    memoryBytes: health.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  }
}

const rateFigures = ({ recent, health }: PhaseProgress): Figures => {
  const ms = health.reduce((sum, { recent: { ms: each } }) => sum + each, 0) / Math.max(1, health.length)
  const perSecond = (count: number) => (ms > 0 ? round3((1000 * count) / ms) : 0)
  return {
    startedPerSecond: perSecond(recent.started),
    donePerSecond: perSecond(recent.done),
    failedPerSecond: perSecond(recent.failed),
  }
}

/** The figures of a run in one of its phases. */
export const figuresOf = (progress: PhaseProgress, planned: number | undefined): Figures => {
  const { tally, inFlight, health, control } = progress
  const { started, done, failed, disturbed, lateStarts, skipped } = tally
  return {
    ...(planned === undefined ? {} : { planned }),
    ...{ started, done, failed, disturbed, lateStarts, skipped, inFlight },
    ...rateFigures(progress),
    factor: control.paused ? 0 : round3(control.factor),
    ...latencyFigures(progress),
    ...generatorFigures(health),
  }
}
