/** Lines that a scan has wrapped are at most so many. */
const MAX_LINES = 4

export type RecordJoinerInit = {
  /** Whether a line is the first one of a record. */
  begins(line: string): boolean
  /** A whole record, its lines joined by blanks, by the number of its first line. */
  take(text: string, number: number): void
}

/** Puts the lines of wrapped text together again. */
export class RecordJoiner {
  readonly #init: RecordJoinerInit
  #lines: string[] = []
  #number = 0

  constructor(init: RecordJoinerInit) {
    this.#init = init
  }

  line(text: string, number: number): void {
    if (this.#init.begins(text)) {
      this.end()
      this.#lines = [text]
      this.#number = number
    } else if (this.#lines.length > 0 && text.trim() !== '') {
      this.#lines.push(text)
      if (this.#lines.length === MAX_LINES) this.end()
    } else this.end()
  }

  end(): void {
    const lines = this.#lines
    this.#lines = []
    if (lines.length > 0) this.#init.take(lines.join(' '), this.#number)
  }
}
