import type { FailureSide, FaultName, Outcome } from '@capfkit/phone'
import { isLagged } from './health/loop-lag.ts'
import { Latency } from './latency.ts'
import { type FailurePlace, FLEET_PHASES, type FleetPhase } from './phases.ts'

/** One way in which operations failed, and how often. */
export type Failure = { side: FailureSide; phase: FailurePlace; reason: string; count: number }

/** One way in which phones misbehaved on purpose, what came of it as it should, and how often. */
export type Disturbance = { fault: FaultName; outcome: Outcome; count: number }

/** What a tally is between processes: plain data. */
export type EncodedTally = {
  started: number
  done: number
  lateStarts: number
  skipped: number
  laggedSamples: number
  failures: Failure[]
  disturbances: Disturbance[]
  operations: Record<string, number>
  /** By name; where nothing was recorded there is nothing. */
  latency: Record<string, string>
}

/** How one session went, as far as it counts. */
export type Counted = {
  /** From the moment that the schedule named, ms. */
  scheduledMs: number
  /** From the moment that it really started, ms. */
  actualMs: number
  phasesMs: Partial<Record<FleetPhase, number>>
  operation: string
  /** `detail`: more words about this one case. */
  failure: { side: FailureSide; phase: FailurePlace; reason: string; detail?: string } | undefined
  /** What the phone did wrong on purpose; without a failure, the server did about it what it should. */
  disturbance?: { fault: FaultName; outcome: Outcome } | undefined
  /** By how much the event loop of this process was late meanwhile, ms. */
  lagMs?: number
}

/** Everything that is counted of a run, or of a process's part of it; it does not grow with the number of phones. */
export class Tally {
  started = 0
  done = 0
  /** Sessions that began noticeably after the moment that the schedule named. */
  lateStarts = 0
  /** Sessions that could not start when they were due: the device was busy still, or too many were in flight. */
  skipped = 0
  /** Latencies that are partly those of this process, whose event loop was late. */
  laggedSamples = 0
  readonly failures = new Map<string, Failure>()
  readonly disturbances = new Map<string, Disturbance>()
  readonly operations = new Map<string, number>()
  readonly scheduled = new Latency()
  readonly actual = new Latency()
  readonly phases: Readonly<Record<FleetPhase, Latency>>

  constructor() {
    this.phases = Object.fromEntries(FLEET_PHASES.map(phase => [phase, new Latency()])) as Record<FleetPhase, Latency>
  }

  get failed(): number {
    let failed = 0
    for (const { count } of this.failures.values()) failed += count
    return failed
  }

  /** Operations that are neither done nor failed, because their phones misbehaved on purpose. */
  get disturbed(): number {
    let disturbed = 0
    for (const { count } of this.disturbances.values()) disturbed += count
    return disturbed
  }

  /** All operations that have ended. */
  get ended(): number {
    return this.done + this.failed + this.disturbed
  }

  /** Latency is that of what was done; a failure counts, but its time says nothing of the service. */
  record({ scheduledMs, actualMs, phasesMs, operation, failure, disturbance, lagMs = 0 }: Counted): void {
    if (failure) {
      const { side, phase, reason } = failure
      this.#addFailure({ side, phase, reason, count: 1 })
      return
    }
    if (disturbance) {
      this.#addDisturbance({ ...disturbance, count: 1 })
      return
    }
    this.done++
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1)
    this.scheduled.record(scheduledMs)
    this.actual.record(actualMs)
    if (isLagged({ latencyMs: actualMs, lagMs })) this.laggedSamples++
    for (const phase of FLEET_PHASES) {
      const ms = phasesMs[phase]
      if (ms !== undefined) this.phases[phase].record(ms)
    }
  }

  #addFailure(failure: Failure): void {
    const key = `${failure.side} ${failure.phase} ${failure.reason}`
    const known = this.failures.get(key)
    if (known) known.count += failure.count
    else this.failures.set(key, { ...failure })
  }

  #addDisturbance(disturbance: Disturbance): void {
    const key = `${disturbance.fault} ${disturbance.outcome}`
    const known = this.disturbances.get(key)
    if (known) known.count += disturbance.count
    else this.disturbances.set(key, { ...disturbance })
  }

  add(other: Tally): void {
    this.started += other.started
    this.done += other.done
    this.lateStarts += other.lateStarts
    this.skipped += other.skipped
    this.laggedSamples += other.laggedSamples
    for (const failure of other.failures.values()) this.#addFailure(failure)
    for (const disturbance of other.disturbances.values()) this.#addDisturbance(disturbance)
    for (const [operation, count] of other.operations) this.operations.set(operation, (this.operations.get(operation) ?? 0) + count)
    this.scheduled.add(other.scheduled)
    this.actual.add(other.actual)
    for (const phase of FLEET_PHASES) this.phases[phase].add(other.phases[phase])
  }

  encode(): EncodedTally {
    const latency: Record<string, string> = {}
    for (const [name, times] of Object.entries({ scheduled: this.scheduled, actual: this.actual, ...this.phases }))
      if (times.count > 0) latency[name] = times.encode()
    const { started, done, lateStarts, skipped, laggedSamples } = this
    return {
      started,
      done,
      lateStarts,
      skipped,
      laggedSamples,
      failures: [...this.failures.values()],
      disturbances: [...this.disturbances.values()],
      operations: Object.fromEntries(this.operations),
      latency,
    }
  }

  static sum(parts: readonly Tally[]): Tally {
    const sum = new Tally()
    for (const part of parts) sum.add(part)
    return sum
  }

  static decode(encoded: EncodedTally): Tally {
    const tally = new Tally()
    tally.started = encoded.started
    tally.done = encoded.done
    tally.lateStarts = encoded.lateStarts
    tally.skipped = encoded.skipped
    tally.laggedSamples = encoded.laggedSamples
    for (const failure of encoded.failures) tally.#addFailure(failure)
    for (const disturbance of encoded.disturbances) tally.#addDisturbance(disturbance)
    for (const [operation, count] of Object.entries(encoded.operations)) tally.operations.set(operation, count)
    const times: Record<string, Latency> = { scheduled: tally.scheduled, actual: tally.actual, ...tally.phases }
    for (const [name, histogram] of Object.entries(encoded.latency)) times[name]?.addEncoded(histogram)
    return tally
  }
}
