import { deviceIn } from './device-in.ts'
import type { NewSighting, Witness } from './source-kind.ts'

/** Marks the phone of a file that never says which one it is: not a name that a device can have. */
const NAMELESS = '?'

/** The name to show; nothing for a phone that has none. */
export const shownName = (device: string | undefined): string | undefined => (device?.startsWith(NAMELESS) ? undefined : device)

/** More than a phone says before it asks for a file by its name. */
const MAX_WAITING = 500

/** Files of one phone name it in their title or in some line: what stands before belongs to it as well. */
export class NamedLater {
  readonly #witness: Witness
  #device: string | undefined
  #waiting: (() => void)[] = []

  constructor(witness: Witness) {
    this.#witness = witness
    this.#device = deviceIn(witness.fileName)
  }

  /** A line that may name it. */
  hear(text: string): void {
    this.#device ??= deviceIn(text)
    if (this.#device !== undefined) this.#tellAll()
  }

  name(device: string): void {
    this.#device = device
    this.#tellAll()
  }

  sight(sighting: Omit<NewSighting, 'device'>): void {
    this.#later(device => this.#witness.sight({ ...sighting, device }))
  }

  anchor(anchor: { readonly key: string; readonly at: number }): void {
    this.#later(device => this.#witness.anchor({ ...anchor, device }))
  }

  end(): void {
    this.#device ??= `${NAMELESS}${this.#witness.fileName}`
    this.#tellAll()
  }

  #later(tell: (device: string) => void): void {
    const device = this.#device
    if (device !== undefined) tell(device)
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(() => tell(this.#device!))
  }

  #tellAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const tell of waiting) tell()
  }
}
