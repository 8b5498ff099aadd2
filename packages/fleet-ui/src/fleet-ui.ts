import { randomBytes } from 'node:crypto'
import { LiveHistory, type LiveSnapshot, type PhoneSource } from '@capfkit/fleet/live'
import { type Address, formatAddress, HttpListener } from '@capfkit/listen'
import { Answers } from './answers.ts'
import type { RunControl } from './control.ts'
import { EventStream, eventText, MOST_WATCHERS } from './event-stream.ts'
import { type PageFiles, pageFiles } from './page-files.ts'

export type FleetUiInit = Address & {
  readonly control: RunControl
  readonly phones: PhoneSource
  /** Who has it may steer the run. Made by chance without it. */
  readonly token?: string | undefined
}

const TOKEN_BYTES = 24
const DRAIN_MS = 1_000
/** A page asks for a handful of things at once, and each window keeps one connection open. */
const LIMITS = {
  maxConnections: MOST_WATCHERS * 4,
  maxConnectionsPerAddress: MOST_WATCHERS * 4,
  handshakeTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
} as const

/** Where to open a page that listens on every address. */
const openedAt = ({ host, port }: Address): Address => {
  const here = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return { host: here, port }
}

/**
 * A run in a browser while it goes on: page, live events, and control for who has the token. Everybody who reaches the address may
 * watch.
 */
export class FleetUi implements AsyncDisposable {
  readonly #listener: HttpListener
  readonly #events: EventStream
  readonly #history: LiveHistory
  readonly #show: (snapshot: LiveSnapshot) => void
  readonly address: Address
  readonly token: string

  private constructor(made: {
    listener: HttpListener
    events: EventStream
    history: LiveHistory
    address: Address
    token: string
    show: (snapshot: LiveSnapshot) => void
  }) {
    this.#listener = made.listener
    this.#events = made.events
    this.#history = made.history
    this.#show = made.show
    this.address = made.address
    this.token = made.token
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED`; {UiError} `UI_NOT_BUILT`. */
  static async start({
    host,
    port,
    control,
    phones,
    token = randomBytes(TOKEN_BYTES).toString('base64url'),
  }: FleetUiInit): Promise<FleetUi> {
    const events = new EventStream()
    const history = new LiveHistory()
    let last: LiveSnapshot | undefined
    let files: PageFiles | undefined
    const answers = new Answers({ host, token, control, phones, events, history, snapshot: () => last, files: () => files })
    const listener = new HttpListener({
      host,
      port,
      name: 'page on',
      limits: LIMITS,
      answer: answers.answer,
      // Whoever sends what is no request gets its answer; a run has nothing to say about it.
      onRejected: () => {},
    })
    const show = (snapshot: LiveSnapshot) => {
      last = snapshot
    }
    const ui = new FleetUi({ listener, events, history, show, token, address: await listener.listen() })
    try {
      files = await pageFiles()
    } catch (error) {
      await ui[Symbol.asyncDispose]()
      throw error
    }
    return ui
  }

  /** The page with the token in its fragment, which no browser sends anywhere. */
  get url(): string {
    return `http://${formatAddress(openedAt(this.address))}/#token=${this.token}`
  }

  /** Show this to all who watch. */
  show(snapshot: LiveSnapshot): void {
    this.#show(snapshot)
    this.#history.add(snapshot)
    this.#events.send(eventText('snapshot', snapshot))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#events[Symbol.dispose]()
    await this.#listener.close(DRAIN_MS)
  }
}
