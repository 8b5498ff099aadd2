/** How a request for a file can end, and whether an operator should hear of it. */
export const OUTCOMES = {
  sent: { level: 'info', doc: 'The client has the whole file.' },
  unchanged: { level: 'info', doc: 'The client has this file already: HTTP 304.' },
  'not-found': { level: 'info', doc: 'There is no such file. Phones ask for files that need not be there.' },
  refused: { level: 'warn', doc: 'A name that could lead elsewhere, a write, or a request that is none.' },
  'client-error': { level: 'warn', doc: 'The client ended the transfer, or sent what has no place in it.' },
  'gave-up': { level: 'warn', doc: 'The client fell silent, or took too long.' },
  failed: { level: 'error', doc: 'The file could not be read or made in time.' },
  busy: { level: 'warn', doc: 'Too many transfers at once: not answered, so that the phone asks again.' },
  stopped: { level: 'warn', doc: 'The server ended before the transfer did.' },
} as const

export type Outcome = keyof typeof OUTCOMES

/** One request in one line: what the log and the counters say of it. */
export type Served = {
  readonly transport: 'tftp' | 'http' | 'https'
  readonly remoteAddress: string
  /** As it was asked for, cut at 255 characters. */
  readonly file: string
  readonly outcome: Outcome
  /** Bytes of the file that went out; over TFTP those that were acknowledged. */
  readonly bytes: number
  readonly durationMs: number
  readonly detail?: string
}

/** What a server counts: `transport outcome`, so that the number of keys is bounded. */
export type ServedCounts = Readonly<Record<string, number>>

export class ServedCounters {
  readonly #counts: Record<string, number> = {}

  add({ transport, outcome }: Pick<Served, 'transport' | 'outcome'>): void {
    const key = `${transport} ${outcome}`
    this.#counts[key] = (this.#counts[key] ?? 0) + 1
  }

  get counts(): ServedCounts {
    return { ...this.#counts }
  }
}
