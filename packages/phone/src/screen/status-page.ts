import { type StatusCode, type StatusMessage, statusText } from './status-messages.ts'
import type { TemplateValues } from './template.ts'

/** The status page keeps the last few and forgets the oldest. */
const MAX_STATUS_MESSAGES = 20

/** The status page of one phone. */
export class StatusPage {
  readonly #now: () => number
  readonly #sink: ((message: StatusMessage) => void) | undefined
  readonly #messages: StatusMessage[] = []

  constructor(init: { now: () => number; sink: ((message: StatusMessage) => void) | undefined }) {
    this.#now = init.now
    this.#sink = init.sink
  }

  /** The newest last. */
  get messages(): readonly StatusMessage[] {
    return this.#messages
  }

  show(code: StatusCode, values?: TemplateValues): void {
    const message = { at: this.#now(), code, text: statusText(code, values) }
    this.#messages.push(message)
    if (this.#messages.length > MAX_STATUS_MESSAGES) this.#messages.shift()
    this.#sink?.(message)
  }
}
