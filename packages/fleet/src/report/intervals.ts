import type { Interval, StretchLatency } from './run-report.ts'
import type { Stretch } from './timeline.ts'

const round3 = (value: number) => Math.round(value * 1000) / 1000

/** By nearest rank, of any number of values. */
const latencyOf = (values: readonly number[]): StretchLatency | undefined => {
  if (values.length === 0) return undefined
  const sorted = Float64Array.from(values).sort()
  const at = (percent: number) => round3(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!)
  return { p50: at(50), p90: at(90), p99: at(99), max: at(100) }
}

/** What a report tells of each stretch. */
export const intervalsOf = (
  { stretches, lengthMs }: { stretches: readonly Stretch[]; lengthMs: number },
  phaseNames: readonly string[],
): Interval[] => {
  const seconds = lengthMs / 1000
  return stretches.map(({ started, done, failures, scheduled, actual, phases }, index) => {
    const failed = [...failures.values()].reduce((sum, count) => sum + count, 0)
    const scheduledMs = latencyOf(scheduled)
    const actualMs = latencyOf(actual)
    const phasesMs: Interval['phasesMs'] = {}
    for (const [phase, sum] of phases) phasesMs[phaseNames[phase] ?? 'unknown'] = round3(sum / done)
    return {
      atSeconds: round3(index * seconds),
      startedPerSecond: round3(started / seconds),
      donePerSecond: round3(done / seconds),
      failedPerSecond: round3(failed / seconds),
      failures: Object.fromEntries(failures),
      ...(scheduledMs ? { scheduledMs } : {}),
      ...(actualMs ? { actualMs } : {}),
      phasesMs,
    }
  })
}
