import type { LeftOut } from './input/plain-bytes.ts'
import type { Anchor, Boot, Dating, Milestone, Sighting } from './sighting.ts'

/** One file, as it was understood. */
export type Source = {
  readonly file: string
  readonly kind: string
  readonly dating: Dating
  readonly isWholeSeconds: boolean
  /** Out of a scan: what it says was guessed in part. */
  readonly isNoisy: boolean
  readonly lines: number
  readonly leftOut: readonly LeftOut[]
  readonly anchors: readonly Anchor[]
}

/** What is known of one device. */
export type DeviceEvidence = {
  readonly device: string
  readonly sightings: readonly Sighting[]
  /** It did what it was to do, behind everything else that was seen of it in that source. */
  readonly isDone: boolean
  /** It did so at some time. */
  readonly hasSucceeded: boolean
}

/** A device that fails for days says the same again and again. */
const MAX_OF_A_DEVICE = 60
const MAX_OF_A_CLUE = 200
/** As much as fits into memory beside everything else; what comes after is counted. */
const MAX_SIGHTINGS = 120_000
const MAX_SUCCEEDED = 50_000
/** Sessions that go on at the same time, and what is kept of each until it is known how it ends. */
const MAX_AT_ONCE = 2_000
const MAX_CONTEXT = 12
const MAX_BOOTS = 50_000

/** Sightings that say nothing by themselves: they explain others. */
const CONTEXT = ['trace.authMode', 'trace.calling']

/** Before the success in its source; sources without one cannot say. */
const isBeforeSuccess = ({ clue, source, line }: Sighting, doneIn: ReadonlyMap<number, number>) =>
  CONTEXT.includes(clue) || (doneIn.get(source) ?? Number.POSITIVE_INFINITY) > line

type Known = { sightings: Sighting[]; doneIn: Map<number, number> }

/** Collects what sources say, by device, in bounded memory. */
export class Evidence {
  readonly #devices = new Map<string, Known>()
  /** Of no device: by clue. */
  readonly #site = new Map<string, Sighting[]>()
  /** Of devices of which nothing else is known yet. */
  readonly #context = new Map<string, Sighting[]>()
  readonly #succeeded = new Set<string>()
  /** By source: the last line that says so. */
  readonly #reached: Readonly<Record<Milestone, Map<number, number>>> = { loggedIn: new Map(), served: new Map() }
  /** Of as many phones as anybody collects consoles of. */
  readonly boots: Boot[] = []
  #count = 0
  /** Sightings for which there was no room. */
  droppedSightings = 0

  add(sighting: Sighting): void {
    const { device, clue } = sighting
    if (this.#count >= MAX_SIGHTINGS) {
      this.droppedSightings++
      return
    }
    if (device === undefined) {
      const known = this.#site.get(clue)
      if (!known) this.#site.set(clue, [sighting])
      else {
        known.push(sighting)
        if (known.length <= MAX_OF_A_CLUE) this.#count++
        // The beginning and the end of a long story are kept.
        else known.splice(MAX_OF_A_CLUE / 2, 1)
        return
      }
    } else if (CONTEXT.includes(clue)) {
      this.#keepContext(device, sighting)
      return
    } else {
      const known = this.#known(device)
      const context = this.#context.get(device)
      this.#context.delete(device)
      for (const one of context ?? []) this.#push(known.sightings, one)
      this.#push(known.sightings, sighting)
      return
    }
    this.#count++
  }

  /** The device succeeded: what only explains a failure is not needed, and of healthy devices nothing is kept. */
  done(device: string, { source, line }: { source: number; line: number }): void {
    if (this.#succeeded.size < MAX_SUCCEEDED) this.#succeeded.add(device)
    this.#context.delete(device)
    const known = this.#devices.get(device)
    if (!known) return
    const left = known.sightings.filter(({ clue }) => !CONTEXT.includes(clue))
    this.#count -= known.sightings.length - left.length
    known.sightings = left
    known.doneIn.set(source, line)
    if (left.length === 0) this.#devices.delete(device)
  }

  reached(milestone: Milestone, { source, line }: { source: number; line: number }): void {
    this.#reached[milestone].set(source, line)
  }

  /** Whether behind all of these lines, each in its source, a milestone was reached. */
  isPast(sightings: readonly Sighting[], milestone: Milestone): boolean {
    const reached = this.#reached[milestone]
    return sightings.every(({ source, line }) => (reached.get(source) ?? -1) > line)
  }

  boot(boot: Boot): void {
    if (this.boots.length < MAX_BOOTS) this.boots.push(boot)
  }

  /** A source is over: sessions do not go on in the next one. */
  forgetContext(): void {
    this.#context.clear()
  }

  get site(): readonly Sighting[] {
    return [...this.#site.values()].flat()
  }

  *devices(): Generator<DeviceEvidence> {
    for (const [device, { sightings, doneIn }] of this.#devices) {
      const isDone = doneIn.size > 0 && sightings.every(sighting => isBeforeSuccess(sighting, doneIn))
      yield { device, sightings, isDone, hasSucceeded: this.#succeeded.has(device) }
    }
  }

  #known(device: string): Known {
    const known = this.#devices.get(device) ?? { sightings: [], doneIn: new Map() }
    this.#devices.set(device, known)
    return known
  }

  #keepContext(device: string, sighting: Sighting): void {
    const known = this.#context.get(device)
    if (known) {
      if (known.length < MAX_CONTEXT) known.push(sighting)
      return
    }
    const [oldest] = this.#context.keys()
    if (this.#context.size >= MAX_AT_ONCE && oldest !== undefined) this.#context.delete(oldest)
    this.#context.set(device, [sighting])
  }

  #push(sightings: Sighting[], sighting: Sighting): void {
    if (sightings.length >= MAX_OF_A_DEVICE) this.#dropOne(sightings)
    sightings.push(sighting)
    this.#count++
  }

  /** The beginning and the end of a long story are kept. */
  #dropOne(sightings: Sighting[]): void {
    sightings.splice(MAX_OF_A_DEVICE / 2, 1)
    this.#count--
  }
}
