import {
  type FleetControl,
  type FleetProgress,
  fleetMetrics,
  LiveView,
  OtlpPush,
  PhoneLog,
  type RunFleetInit,
} from '@capfkit/fleet'
import type { LiveSnapshot } from '@capfkit/fleet/live'
import { FleetUi } from '@capfkit/fleet-ui'
import { formatAddress, MetricsServer, parseAddress } from '@capfkit/listen'
import { CliError } from '../../errors.ts'
import { type Io, painter } from '../../io.ts'
import { closedDoor } from '../../service/doors.ts'
import { version } from '../../version.ts'
import { type RunDisplay, startDisplay } from './display.ts'
import type { LiveOptions } from './options.ts'

/** At most one snapshot in this time, but for those with which a stage begins and ends. */
const LEAST_MS = 900

const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/

const headersOf = (given: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    given.map(text => {
      const [name = '', ...value] = text.split('=')
      if (!/^[\w-]+$/.test(name) || value.length === 0)
        throw new CliError('CLI_USAGE', { where: '--otlp-header', detail: 'a header is NAME=VALUE' })
      return [name, value.join('=')]
    }),
  )

export type LiveRunInit = {
  readonly options: LiveOptions
  readonly control: FleetControl
  /** Where the run is recorded, if it is. */
  readonly folder: string | undefined
}

/** Everything in which a run is shown while it goes on: terminal, page, metrics. */
export class LiveRun implements AsyncDisposable {
  readonly #view: LiveView
  readonly #display: RunDisplay
  readonly #stack = new AsyncDisposableStack()
  readonly #shown: ((snapshot: LiveSnapshot) => void)[] = []
  #phones: PhoneLog | undefined
  #lastMs = 0
  #lastStage = ''
  /** Came too soon after the one before. */
  #held: LiveSnapshot | undefined

  private constructor(view: LiveView, display: RunDisplay) {
    this.#view = view
    this.#display = this.#stack.use(display)
    this.#shown.push(snapshot => display.show(snapshot))
  }

  /** @throws {CliError} `CLI_DOOR_CLOSED`; {UiError} `UI_NOT_BUILT`. */
  static async start(io: Io, { options, control, folder }: LiveRunInit): Promise<LiveRun> {
    const view = new LiveView({ now: () => io.now().getTime(), control })
    const actions = { control, interrupt: () => void io.signals.emit('SIGINT') }
    const headers = headersOf(options.otlpHeader)
    const run = new LiveRun(view, await startDisplay(io, { jsonLines: options.jsonLines, actions }))
    try {
      await run.#serve(io, { options, control, folder })
      run.#send(io, { options, headers })
    } catch (error) {
      await run[Symbol.asyncDispose]()
      throw error
    }
    return run
  }

  async #serve(io: Io, { options, control, folder }: LiveRunInit): Promise<void> {
    const { ui, uiToken, metrics } = options
    if (ui !== undefined) {
      const address = parseAddress(ui)
      const phaseNames = () => this.#view.last.phases.map(({ name }) => name)
      this.#phones = new PhoneLog({ folder, phaseNames })
      if (!LOOPBACK.test(address.host))
        this.say(
          `${painter(io.stderr, io)('yellow', 'warning')}: --ui ${ui}: whoever reaches this address sees the run, names of devices included; who listens in between sees the token, too, and may then stop the run`,
        )
      const page = await FleetUi.start({ ...address, control, phones: this.#phones, token: uiToken }).catch(closedDoor('--ui'))
      this.#stack.use(page)
      this.#shown.push(snapshot => page.show(snapshot))
      this.say(`page on ${page.url}`)
    }
    if (metrics !== undefined) {
      const door = await MetricsServer.start({
        ...parseAddress(metrics),
        metrics: fleetMetrics(() => this.#view.last),
        isHealthy: () => true,
      }).catch(closedDoor('--metrics'))
      this.#stack.use(door)
      this.say(`metrics on http://${formatAddress(door.address)}/metrics`)
    }
  }

  #send(io: Io, { options: { otlp }, headers }: { options: LiveOptions; headers: Record<string, string> }): void {
    if (otlp === undefined) return
    this.#stack.use(
      new OtlpPush({
        url: otlp,
        headers,
        metrics: fleetMetrics(() => this.#view.last),
        resource: { 'service.name': 'capfkit-fleet', 'service.version': version() },
        now: () => io.now().getTime(),
        onFailure: sentence => this.say(`${painter(io.stderr, io)('yellow', 'warning')}: --otlp: ${sentence}`),
      }),
    )
  }

  /** What `runFleet` is given. */
  get hooks(): Pick<RunFleetInit, 'onProgress' | 'onEnded'> {
    const phones = this.#phones
    return { onProgress: progress => this.#see(progress), ...(phones ? { onEnded: ended => phones.hear(ended) } : {}) }
  }

  /** A line for people that stays. */
  say(line: string): void {
    this.#display.say(line)
  }

  #see(progress: FleetProgress): void {
    const snapshot = this.#view.see(progress)
    const key = `${snapshot.phase} ${snapshot.stage} ${snapshot.state}`
    const isSame = key === this.#lastStage
    if (isSame && snapshot.atMs - this.#lastMs < LEAST_MS) {
      this.#held = snapshot
      return
    }
    // How a stage ended is not lost.
    if (!isSame && this.#held) this.#show(this.#held)
    this.#held = undefined
    this.#lastStage = key
    this.#lastMs = snapshot.atMs
    this.#show(snapshot)
  }

  #show(snapshot: LiveSnapshot): void {
    for (const show of this.#shown) show(snapshot)
  }

  /** The run is over: everybody is told, and the terminal is free. */
  end(): void {
    if (this.#held) this.#show(this.#held)
    this.#show(this.#view.end())
    this.#display.end()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}
