/** The limits of the HTTP server of IOS. Only the first can be configured, and none be watched (CSCuj83430). */
export const HTTP_LIMITS = {
  /** The most that `ip http max-connections` takes. */
  connections: 16,
  connectionsPerMinute: 80,
  /** How long it hears nobody when more came in a minute. */
  deafMs: 15_000,
} as const

const MINUTE_MS = 60_000

export type HttpLimitsInit = {
  /** `ip http max-connections`; default: {@link HTTP_LIMITS}. */
  readonly maxConnections?: number
  /** How long a connection lasts; default: nothing, so they are never too many at a time. */
  readonly answerMs?: number
}

/** Connections that come evenly from `atMs` on, for `overMs`; without that, all at once. */
export type Knocking = { readonly atMs: number; readonly count?: number; readonly overMs?: number }

/** Whom the HTTP server of IOS hears. A minute begins with the first connection after the last one. Has no clock: times come with what knocks, never backwards. */
export class HttpLimits {
  readonly #maxConnections: number
  readonly #answerMs: number
  #minuteFrom = Number.NEGATIVE_INFINITY
  #inMinute = 0
  #deafUntil = Number.NEGATIVE_INFINITY

  constructor({ maxConnections = HTTP_LIMITS.connections, answerMs = 0 }: HttpLimitsInit = {}) {
    this.#maxConnections = maxConnections
    this.#answerMs = answerMs
  }

  /** How many of them get through. */
  take({ atMs, count = 1, overMs = 0 }: Knocking): number {
    const deafMs = this.#deafUntil - atMs
    const deafShare = overMs === 0 ? Number(deafMs > 0) : Math.min(1, Math.max(0, deafMs / overMs))
    const knocking = count - Math.ceil(count * deafShare)
    if (knocking === 0) return 0
    if (atMs - this.#minuteFrom >= MINUTE_MS) {
      this.#minuteFrom = atMs
      this.#inMinute = 0
    }
    const room = overMs === 0 || this.#answerMs === 0 ? knocking : Math.floor((this.#maxConnections * overMs) / this.#answerMs)
    const connected = Math.min(knocking, room)
    const heard = Math.min(connected, HTTP_LIMITS.connectionsPerMinute - this.#inMinute)
    this.#inMinute += heard
    if (heard < connected)
      this.#deafUntil = atMs + overMs * (deafShare + (1 - deafShare) * (heard / connected)) + HTTP_LIMITS.deafMs
    return heard
  }
}
