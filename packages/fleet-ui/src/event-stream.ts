import type { ServerResponse } from 'node:http'

/** Windows that watch at once. */
export const MOST_WATCHERS = 32
/** A reader that has not taken this much is too slow, and is let go; its browser connects again and gets the present. */
export const MOST_UNREAD_BYTES = 1_048_576
/** Silence would look like a dead connection to whatever is between. */
const HEART_BEAT_MS = 10_000

export const EVENT_STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as const

/** Server-sent events (HTML, chapter 9.2) to all who watch; nobody who is slow holds the others up. */
export class EventStream implements Disposable {
  readonly #watchers = new Set<ServerResponse>()
  readonly #heart: NodeJS.Timeout

  constructor(heartBeatMs: number = HEART_BEAT_MS) {
    this.#heart = setInterval(() => this.#write(': still here\n\n'), heartBeatMs)
    this.#heart.unref()
  }

  get watchers(): number {
    return this.#watchers.size
  }

  get isFull(): boolean {
    return this.#watchers.size >= MOST_WATCHERS
  }

  /** From now on it hears everything, `first` before that. */
  add(response: ServerResponse, first?: string): void {
    response.writeHead(200, { ...response.getHeaders(), ...EVENT_STREAM } as Record<string, string>)
    // A browser whose connection broke asks again after this time.
    response.write('retry: 1000\n\n')
    if (first !== undefined) response.write(first)
    this.#watchers.add(response)
    response.once('close', () => this.#watchers.delete(response))
  }

  send(event: string): void {
    this.#write(event)
  }

  #write(text: string): void {
    for (const watcher of this.#watchers) {
      if (watcher.writableLength > MOST_UNREAD_BYTES) watcher.destroy()
      else watcher.write(text)
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heart)
    for (const watcher of this.#watchers) watcher.end()
  }
}

/** One event; JSON has no line ends in it. */
export const eventText = (name: string, value: unknown): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`
