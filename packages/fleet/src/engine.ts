import type { KeyObject } from 'node:crypto'
import type { DeviceStore } from '@capfkit/server'
import type { BootTarget } from './boot.ts'
import { countTurn, notBegun } from './count-turn.ts'
import { Counts } from './counts.ts'
import type { PhoneKeeping } from './fleet-file/kept.ts'
import { type Identities, identitiesOf } from './identity.ts'
import type { KeySource } from './key-source.ts'
import { Pace, type PaceState } from './pace.ts'
import { FleetPhones } from './phones.ts'
import { drawMs } from './plan/draw-duration.ts'
import type { Plan } from './plan/plan.ts'
import { type PhaseStanding, remainderOf } from './plan/remainder.ts'
import { operationOf, type PlannedStart } from './plan/sequence.ts'
import { type SliceStanding, sliceRemainder } from './plan/slice-remainder.ts'
import { randomOf } from './random.ts'
import { UNREACHABLE_AFTER } from './reachability.ts'
import type { OperationRecorder } from './recording/part-recorder.ts'
import { runSchedule, type Start } from './schedule.ts'
import type { Tally } from './tally.ts'
import { TurnRunner } from './turn-runner.ts'

export type EngineInit = {
  plan: Plan
  /** It has the phones `first`, `first + step`, … */
  first: number
  step: number
  /** The phones of the run, and what is counted, where engines of a process share them. */
  identities?: Identities | undefined
  counts?: Counts
  target: { host: string; port: number }
  /** DER of the CAPF certificates that the phones trust. */
  trusted: readonly Buffer[]
  /** Where those that boot in full find their files. */
  bootTarget?: BootTarget | undefined
  /** Signs the MICs of the phones. */
  micCa: { certificateDer: Buffer; privateKey: KeyObject }
  keys: KeySource
  /** The fleet orders the operations itself, so it knows what must come. */
  ordered: boolean
  /** Where operations are ordered that cannot be before their phase begins, as their device comes again in it. */
  store?: DeviceStore | undefined
  /** What a stop cuts off is as if it had never begun: it has its turn when the run goes on. */
  forgetsCut?: boolean
  /** Where each operation that has ended is kept, and the bytes of its session until then. */
  recorder?: OperationRecorder | undefined
  /** Where phones keep what they have. */
  keeping?: PhoneKeeping | undefined
  /** Asked whenever a phone may start: while it says no, the schedule is paused. */
  mayGoOn?: (() => boolean) | undefined
  /** By how much the event loop of this process was late so far, ms. */
  lagMs?: () => number
  /** Told when enough sessions have ended to see whether anything answers at all. */
  onFirstEnded?: () => void
}

/** A start that is later than this was not kept by the generator, ms. */
export const LATE_MS = 50
/** How long running sessions may go on after a stop, ms. */
export const GRACE_MS = 5_000

/** The phones of one process, phase after phase of the plan. */
export class FleetEngine {
  readonly #counts: Counts
  readonly #init: EngineInit
  readonly #identities: Identities
  readonly #phones: FleetPhones
  readonly #turns: TurnRunner
  /** Sessions that run, by the index of their phone. */
  readonly #running = new Map<number, AbortController>()
  /** When each of them began, the first one first, on the clock of `performance.now()`. */
  readonly #startedMs = new Map<number, number>()
  readonly #stop = new AbortController()
  #pace: Pace
  #ended = 0

  constructor(init: EngineInit) {
    const { options } = init.plan
    this.#init = init
    this.#pace = new Pace(0, { mayGoOn: init.mayGoOn })
    this.#counts = init.counts ?? new Counts()
    this.#identities = init.identities ?? identitiesOf(options)
    this.#phones = new FleetPhones({ ...init, identities: this.#identities })
    this.#turns = new TurnRunner({ ...init, identities: this.#identities, phones: this.#phones, stopping: this.#stop.signal })
  }

  get inFlight(): number {
    return this.#running.size
  }

  /** How long the session has been under way that began first of all that are, ms. */
  get oldestMs(): number {
    const [startedMs] = this.#startedMs.values()
    return startedMs === undefined ? 0 : performance.now() - startedMs
  }

  /** Connections from the source address that has the most. */
  get mostOnAddress(): number {
    return this.#turns.mostOnAddress
  }

  /** What happened since this was asked last. */
  takeRecent(): Tally {
    return this.#counts.takeRecent()
  }

  /** Of the whole run. */
  get tally(): Tally {
    return this.#counts.tally
  }

  /** Make what phones need before the clock runs. */
  prepare(onProgress: (looked: number) => void = () => {}): Promise<void> {
    this.#turns.prepare()
    return this.#phones.prepare({ onProgress, signal: this.#stop.signal })
  }

  /** From now on the schedule goes at this pace. */
  setPace(state: PaceState): void {
    this.#pace.change(state)
  }

  /**
   * One phase: every phone of ours that takes part, by the schedule of the whole fleet.
   *
   * @param init.startMs  when its schedule begins, on the clock of `performance.now()`.
   * @param init.standing  how far it had come before the run was resumed.
   * @param init.slice  how far our phones had come when somebody else had them.
   */
  async runPhase(
    number: number,
    init: { startMs: number; standing?: PhaseStanding | undefined; slice?: SliceStanding | undefined },
  ): Promise<void> {
    const { startMs, standing, slice } = init
    const { plan, step, first, recorder } = this.#init
    const phase = plan.phases[number]!
    const { arrivals, devices, maxInFlight } = phase
    const ours = (total: number) => Math.floor(total / step) + (first < total % step ? 1 : 0)
    const most = maxInFlight === undefined ? Number.POSITIVE_INFINITY : Math.max(1, ours(maxInFlight))
    this.#pace = new Pace(startMs, { wanted: this.#pace.wanted, mayGoOn: this.#init.mayGoOn })
    recorder?.round(number, startMs)
    const place = { plan, number, identities: this.#identities }
    const { starts, untilMs } = slice ? sliceRemainder(place, { first, step, standing: slice }) : remainderOf(place, standing)
    await runSchedule({
      starts: this.#ours(starts),
      concurrency: arrivals.kind === 'concurrency' ? ours(arrivals.sessions) : undefined,
      untilMs,
      pace: this.#pace,
      mayStart: start => this.#mayStart(start, { most, number }),
      next: devices === 'again' ? start => this.#next(start, number) : undefined,
      run: start => this.#run(start, number),
      signal: this.#stop.signal,
    })
  }

  /** One turn of one phone by itself and at once, as it is in that phase: to look at it again. */
  async repeatTurn(start: PlannedStart, number: number): Promise<void> {
    await this.#run({ item: start, dueMs: performance.now() }, number)
  }

  /** Due times follow the order of the whole fleet, of which this process starts its part. */
  *#ours(starts: Iterable<Start<PlannedStart>>): Iterable<Start<PlannedStart>> {
    const { first, step } = this.#init
    for (const start of starts) if (start.item.index % step === first) yield start
  }

  /** What cannot start when it is due would be another load than the planned one: it is counted, and never made up for. */
  #mayStart({ index, lap }: PlannedStart, { most, number }: { most: number; number: number }): boolean {
    if (!this.#running.has(index) && this.#running.size < most) return true
    this.#count(tally => tally.skipped++)
    this.#init.recorder?.skipped({ index, round: number, lap })
    return false
  }

  #next({ index, lap: before }: PlannedStart, number: number): { item: PlannedStart; afterMs: number } {
    const { plan } = this.#init
    const place = { seed: plan.options.seed, index, round: number, lap: before + 1 }
    const think = plan.models[this.#identities.at(index).model]?.think
    return {
      item: { index, lap: place.lap, operation: operationOf(plan.phases[number]!, place) },
      afterMs: think ? drawMs(think, randomOf({ ...place, purpose: 'think' })) : 0,
    }
  }

  #count(change: (tally: Tally) => void): void {
    this.#counts.count(change)
  }

  async #run({ item: start, dueMs }: Start<PlannedStart>, number: number): Promise<void> {
    const { recorder, onFirstEnded } = this.#init
    const { index, lap } = start
    const controller = new AbortController()
    this.#running.set(index, controller)
    const identity = this.#identities.at(index)
    const startedMs = performance.now()
    const { lagMs = () => 0 } = this.#init
    this.#startedMs.set(index, startedMs)
    const lagBeforeMs = lagMs()
    this.#count(tally => {
      tally.started++
      if (startedMs - dueMs > LATE_MS) tally.lateStarts++
    })
    const { phone, trouble, ended } = await this.#turns.run({ start, identity, number }, controller.signal)
    const endedMs = performance.now()
    this.#running.delete(index)
    this.#startedMs.delete(index)
    // A timer may fire within its millisecond too early.
    const times = { scheduledMs: endedMs - Math.min(dueMs, startedMs), actualMs: endedMs - startedMs }
    const isDrawn = this.#init.plan.phases[number]!.operations.length > 1
    const ordered = { isKnown: this.#init.ordered, operation: start.operation, isDrawn }
    const counted = ended ? countTurn(ended, { times, ordered }) : notBegun(trouble, { times })
    const { deviceName } = identity
    const cut = counted.failure !== undefined && (controller.signal.aborted || (!ended && this.#stop.signal.aborted))
    if (!cut || !this.#init.forgetsCut) {
      const lagged = { ...counted, lagMs: lagMs() - lagBeforeMs }
      this.#count(tally => tally.record(lagged))
      recorder?.operation({ index, deviceName, round: number, lap, startedMs, counted, cut })
    }
    this.#phones.done(index, { phone, operation: counted.operation })
    if (++this.#ended === UNREACHABLE_AFTER) onFirstEnded?.()
  }

  /** Start nothing more; what runs may end in its own time. */
  drain(): void {
    this.#stop.abort()
  }

  /** Start nothing more; what runs may end within this time. */
  stop(graceMs: number = GRACE_MS): void {
    this.drain()
    setTimeout(() => {
      for (const controller of this.#running.values()) controller.abort()
    }, graceMs).unref()
  }
}
