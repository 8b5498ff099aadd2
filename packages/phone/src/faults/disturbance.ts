import type { TLSSocket } from 'node:tls'
import { parseOptions } from '@capfkit/codec/options'
import type { Connect, Environment } from '../environment.ts'
import { failureOf } from '../errors.ts'
import { conditionsOf, NETWORK_OPTIONS } from '../network/conditions.ts'
import { connectOverLink, type Network } from '../network/connect.ts'
import type { Link } from '../network/link.ts'
import type { SessionResult } from '../result.ts'
import type { Fault } from './fault.ts'
import { faultRowOf } from './faults.ts'
import { outcomeOf, outcomeRow } from './outcome.ts'
import type { Forge, Frame, Move, Play } from './play.ts'
import type { Step } from './step.ts'

/** What a phone is to do wrong in its next session. */
export type DisturbanceOrder = {
  readonly fault: Fault
  /** In [0, 1); default: that of the environment. */
  readonly random?: () => number
  /** Default: certificates of strangers only. */
  readonly forge?: Forge
}

type DisturbanceInit = {
  readonly fault: Fault
  readonly play: Play
  readonly environment: Environment
}

/** Does in one session what its fault says, once, and judges afterwards what the server made of it. */
export class Disturbance {
  readonly #fault: Fault
  readonly #play: Play
  readonly #environment: Environment
  #socket: TLSSocket | undefined
  #link: Link | undefined
  #hasBegun: boolean
  /** Nothing leaves the phone any more. */
  #isMute = false
  #wasReset = false
  #stallMs = 0
  /** Hears that the fault has begun: waits are other ones from now on. */
  onBegin: () => void = () => {}

  constructor({ fault, play, environment }: DisturbanceInit) {
    this.#fault = fault
    this.#play = play
    this.#environment = environment
    this.#hasBegun = play.kind !== 'step'
  }

  /** Over the network of the phone, and a link where there is none. */
  readonly connect: Connect = target => {
    const { network } = this.#environment
    const own: Network = network ?? { conditions: conditionsOf(parseOptions(NETWORK_OPTIONS)), random: this.#environment.random }
    const conditions = this.#play.kind === 'segments' ? { ...own.conditions, segmentBytes: this.#play.bytes } : own.conditions
    this.#socket = connectOverLink({ ...own, conditions }, this.#environment, link => {
      this.#link = link
    })(target)
    return this.#socket
  }

  /** What the phone takes for the present time when it judges a certificate, ms since 1970; nothing: it does not look. */
  get clockMs(): number | undefined {
    return this.#play.kind === 'clock' ? this.#environment.now() + this.#play.skewMs : undefined
  }

  /** How long the server may take instead of so many ms. */
  waitMs(ms: number): number {
    return this.#hasBegun ? this.#stallMs + (this.#fault.parameters.patienceMs as number) : ms
  }

  /** The session has come to this step. @returns whether what comes with it is lost on the phone. */
  reached(step: Step): boolean {
    if (this.#isMute) return true
    const move = this.#moveAt(step)
    if (move) this.#make(move)
    return this.#isMute
  }

  /** A message of the phone is to leave. */
  send(frame: Frame, write: (bytes: Buffer) => void): void {
    if (this.#isMute) return
    const move = this.#moveAt(frame.message.name, frame)
    const isAfter = this.#play.kind === 'step' && this.#play.after === true
    if (move?.do === 'write') for (const bytes of move.frames) write(bytes)
    else if (!move || isAfter) write(frame.bytes)
    if (!move) return
    this.#make(move)
    if (!isAfter && move.do === 'stall') write(frame.bytes)
  }

  #moveAt(step: Step, frame?: Frame): Move | undefined {
    if (this.#hasBegun || this.#play.kind !== 'step' || this.#play.at !== step) return undefined
    return this.#play.move(frame)
  }

  #make(move: Move): void {
    this.#hasBegun = true
    if (move.do === 'stall') {
      this.#stallMs = move.ms
      this.#link?.hold(move.ms)
    }
    this.#isMute = move.do !== 'stall' && move.do !== 'write'
    this.#wasReset = move.do === 'reset'
    this.onBegin()
    if (move.do === 'silence') this.#link?.silence()
    if (move.do === 'end') this.#socket?.end()
    if (move.do === 'reset') this.#link?.reset()
  }

  /** The result as it is to be counted: what was expected of the server is no failure of it. */
  judge(result: SessionResult): SessionResult {
    if (!this.#hasBegun) return result
    const outcome = this.#wasReset ? 'cut' : outcomeOf(result)
    const isExpected = faultRowOf(this.#fault.name)
      .expected(this.#fault.parameters as never)
      .includes(outcome)
    const disturbed = { fault: this.#fault.name, outcome, isExpected }
    const code = isExpected ? undefined : outcomeRow(outcome).unexpected
    if (!code) return { ...result, disturbed }
    const { phase = 'end', detail = '' } = result.failure ?? {}
    const failure = failureOf({ code, phase, detail: `${this.#fault.name}: ${detail || 'the session ended well'}` })
    return { ...result, ok: false, failure, disturbed }
  }
}
