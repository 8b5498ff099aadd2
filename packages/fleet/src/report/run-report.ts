import type { FleetSummary, Verdict } from '../summary.ts'
import type { HealthPoint } from './health-line.ts'

/** Percentiles of what was done in a stretch of time, ms; absent where nothing was. */
export type StretchLatency = { p50: number; p90: number; p99: number; max: number }

/** One stretch of time. Rates are of the stretch, in operations a second. */
export type Interval = {
  /** Its beginning, since the start of the first round. */
  atSeconds: number
  startedPerSecond: number
  donePerSecond: number
  failedPerSecond: number
  failures: Record<string, number>
  scheduledMs?: StretchLatency
  actualMs?: StretchLatency
  /** Time in each phase, as a mean of all that were done, those that did not reach it included: together they are the mean latency. */
  phasesMs: Record<string, number>
}

/** A frame of a failed operation, or the bytes that are none. */
export type ExampleFrame = { from: 'server' | 'client'; atMs: number; name: string; hex: string }

/** One failed operation. */
export type Example = { deviceName: string; round: number; atSeconds: number; detail: string; frames: ExampleFrame[] }

/** The first operations that failed for one reason. */
export type FailureExamples = { side: string; phase: string; reason: string; examples: Example[] }

/** Standard errors of figures: how much they would differ if the same were run again. */
export type RunSpread = {
  ratePerSecond: number
  scheduledMs: Omit<StretchLatency, 'max'>
  actualMs: Omit<StretchLatency, 'max'>
}

/** A resumption in words. */
export const resumptionWords = ({ startedAt, atSeconds, recovered }: RunReport['resumptions'][number]): string => {
  const found = `; ${recovered} operations were done by the device store, and not on record`
  return `resumed at ${startedAt}, ${atSeconds.toFixed(1)} s into the run${recovered > 0 ? found : ''}`
}

/** A summary from the files of a run, which may not have ended. */
export type ReportedSummary = Omit<FleetSummary, 'verdict'> & { verdict: Verdict | 'running' }

/** Everything that a report tells, from the files of the run alone; printed by `--json`. */
export type RunReport = {
  version: 1
  /** ISO 8601. */
  startedAt: string
  target: string
  /** As in an option file. */
  options: Record<string, unknown>
  /** The run ended in order; otherwise it is still running or was killed, and everything is as far as it came. */
  complete: boolean
  /** A process has the run: it has not ended. */
  running: boolean
  /** Bytes of entries that were being written when it was killed, or was read. */
  tornBytes: number
  summary: ReportedSummary
  failures: FailureExamples[]
  /** Bytes of failed operations for which there was no more room. */
  droppedFrames: number
  /** Latency that so many percent of what was done did not exceed; steps narrow towards 100. */
  distribution: { percent: number[]; scheduledMs: number[]; actualMs: number[] }
  intervalSeconds: number
  intervals: Interval[]
  /** When each round began. */
  roundStarts: { number: number; operation: string; atSeconds: number }[]
  /** Each time that the run was resumed. Times of a report leave out how long it rested. */
  resumptions: {
    number: number
    /** ISO 8601. */
    startedAt: string
    atSeconds: number
    /** Operations that the server had done, and of which the killed generator had left no record. */
    recovered: number
  }[]
  /** Absent where the run is too short to see how much its figures vary by themselves. */
  spread?: RunSpread
  health: HealthPoint[]
}
