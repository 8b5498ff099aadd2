import { type Draw, randomOf } from './random.ts'

/** Numbers for the turns of one phone: the same for the same turn, whatever came before it and in whichever process. */
export class TurnRandom {
  readonly #draw: Omit<Draw, 'round' | 'lap'>
  #next: () => number

  constructor(draw: Omit<Draw, 'round' | 'lap'>) {
    this.#draw = draw
    this.#next = randomOf(draw)
  }

  /** This turn begins. */
  begin({ round, lap }: { round: number; lap: number }): void {
    this.#next = randomOf({ ...this.#draw, round, lap })
  }

  readonly next = (): number => this.#next()
}
