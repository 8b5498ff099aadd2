import { Tally } from './tally.ts'

/** What the engines of a process have counted, together: a tally for each would be mostly empty histograms. */
export class Counts {
  /** Of the whole run. */
  readonly tally = new Tally()
  /** Since {@link Counts.takeRecent} was called. */
  #recent = new Tally()

  count(change: (tally: Tally) => void): void {
    change(this.tally)
    change(this.#recent)
  }

  /** What happened since this was asked last. */
  takeRecent(): Tally {
    const recent = this.#recent
    this.#recent = new Tally()
    return recent
  }
}
