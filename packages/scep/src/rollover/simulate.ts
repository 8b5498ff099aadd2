import { HttpLimits } from './http-limits.ts'
import { DAY_MS, lastCertificate, type RolloverTimers } from './windows.ts'

/** Who comes within so long comes evenly: it is as long as the server is deaf. */
const STEP_MS = 15_000
const STEPS_A_MINUTE = 4
const STEPS_AN_HOUR = 240
/** Bounds what is simulated. */
export const MOST_CLIENTS = 1_000_000

export type FleetOfClients = {
  readonly timers: RolloverTimers
  readonly clients: number
  /** The day of the CA certificate on which the first client enrolled, and for how many days others did, evenly. */
  readonly enrolledOnDay: number
  readonly enrolledOverDays: number
  readonly retryMinutes: number
  /** 0: until there is an answer. A client that has asked so often again asks no more: nothing says what IOS does then. */
  readonly retryCount: number
  readonly maxConnections: number
  readonly answerMs: number
}

/** What came of GetNextCACert in one hour; hours are counted from the beginning of the CA certificate. */
export type Hour = {
  readonly hour: number
  readonly asked: number
  /** Answered 404. */
  readonly refused: number
  /** The TCP connection was not taken. */
  readonly unheard: number
  readonly served: number
}

export type Simulation = {
  /** Hours in which somebody asked, in order. */
  readonly hours: readonly Hour[]
  readonly asked: number
  readonly refused: number
  readonly unheard: number
  readonly served: number
  /** Clients that have used up their retries. */
  readonly gaveUp: number
  /** Clients that had no next CA certificate when theirs ended. */
  readonly leftBehind: number
  /** The most that asked in one minute. */
  readonly peakPerMinute: number
  /** When the last client was served, ms since the CA certificate began. */
  readonly lastServedMs: number | undefined
}

/** How many ask for the first time in which step, by step. */
const firstAsks = ({ timers, clients, enrolledOnDay, enrolledOverDays }: FleetOfClients): Map<number, number> => {
  const steps = Float64Array.from({ length: clients }, (_, index) => {
    const enrolledMs = (enrolledOnDay + (enrolledOverDays * index) / clients) * DAY_MS
    return Math.floor(lastCertificate(timers, enrolledMs).asksMs / STEP_MS)
  }).sort()
  const counts = new Map<number, number>()
  for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1)
  return counts
}

/** Clients that ask in the same steps; `until` is the step in which they would ask once too often. */
type Cohort = { readonly until: number; count: number }

/** Those who ask every so many steps, oldest first. */
class Turn {
  readonly #cohorts: Cohort[] = []
  #first = 0
  count = 0

  join(cohort: Cohort): void {
    this.#cohorts.push(cohort)
    this.count += cohort.count
  }

  /** Takes out so many of the oldest. */
  leave(count: number): void {
    this.count -= count
    for (let left = count; left > 0; ) {
      const oldest = this.#cohorts[this.#first]!
      const leaving = Math.min(left, oldest.count)
      oldest.count -= leaving
      left -= leaving
      if (oldest.count === 0) this.#first++
    }
  }

  /** How many have used up their retries. */
  tired(step: number): number {
    let tired = 0
    for (let index = this.#first; (this.#cohorts[index]?.until ?? Infinity) <= step; index++) tired += this.#cohorts[index]!.count
    return tired
  }
}

/**
 * Clients that ask for the next CA certificate until they have it, and a server that hears no more than {@link HttpLimits} of them,
 * in steps of 15 seconds. Only GetNextCACert is simulated, not the enrolment after it. Time and memory do not grow with how often
 * clients ask, only with hours.
 */
export const simulateRollover = (fleet: FleetOfClients): Simulation => {
  const { timers, retryMinutes, retryCount, maxConnections, answerMs } = fleet
  const limits = new HttpLimits({ maxConnections, answerMs })
  const firsts = firstAsks(fleet)
  const everySteps = retryMinutes * STEPS_A_MINUTE
  const turns = Array.from({ length: everySteps }, () => new Turn())
  const endStep = Math.floor((timers.caDays * DAY_MS) / STEP_MS)
  const shadowStep =
    timers.overlapDays === undefined ? Infinity : Math.ceil(((timers.caDays - timers.overlapDays) * DAY_MS) / STEP_MS)
  const total = { asked: 0, refused: 0, unheard: 0, served: 0, gaveUp: 0, peakPerMinute: 0 }
  const hours: { hour: number; asked: number; refused: number; unheard: number; served: number }[] = []
  let lastServedMs: number | undefined
  let waiting = fleet.clients
  let minute = -1
  let inMinute = 0

  for (let step = firsts.keys().next().value ?? endStep; step < endStep && waiting > 0; step++) {
    const turn = turns[step % everySteps]!
    const first = firsts.get(step)
    const tired = retryCount === 0 ? 0 : turn.tired(step)
    if (tired > 0) {
      turn.leave(tired)
      total.gaveUp += tired
      waiting -= tired
    }
    if (first !== undefined) turn.join({ count: first, until: step + (retryCount + 1) * everySteps })
    const asked = turn.count
    if (asked === 0) continue
    const heard = limits.take({ atMs: step * STEP_MS, count: asked, overMs: STEP_MS })
    const served = step >= shadowStep ? heard : 0
    if (served > 0) {
      turn.leave(served)
      waiting -= served
      lastServedMs = step * STEP_MS
    }
    const hour = Math.floor(step / STEPS_AN_HOUR)
    if (hours.at(-1)?.hour !== hour) hours.push({ hour, asked: 0, refused: 0, unheard: 0, served: 0 })
    for (const counts of [total, hours.at(-1)!]) {
      counts.asked += asked
      counts.unheard += asked - heard
      counts.refused += heard - served
      counts.served += served
    }
    if (minute !== Math.floor(step / STEPS_A_MINUTE)) {
      minute = Math.floor(step / STEPS_A_MINUTE)
      inMinute = 0
    }
    inMinute += asked
    total.peakPerMinute = Math.max(total.peakPerMinute, inMinute)
  }
  return { hours, ...total, leftBehind: waiting, lastServedMs }
}
