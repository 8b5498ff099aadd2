/** A log in memory, from which evidence is taken: what was taken is not in the next one. */
export class TextLog {
  #text = ''

  readonly write = (text: string): void => {
    this.#text += text
  }

  line(text: string): void {
    this.write(`${text}\n`)
  }

  /** Since the last {@link clear}. */
  get text(): string {
    return this.#text
  }

  clear(): void {
    this.#text = ''
  }
}
