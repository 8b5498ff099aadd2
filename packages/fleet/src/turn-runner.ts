import { setTimeout as delay } from 'node:timers/promises'
import { type BootOptions, bootOptions, type DisturbanceOrder, newSharedFiles, type Phone } from '@capfkit/phone'
import { isAway } from '@capfkit/server'
import { doesBoot, shareOf } from './boot.ts'
import type { Ended } from './count-turn.ts'
import { type Disturbances, disturbancesOf } from './disturbance/disturbances.ts'
import { type FaultRule, parseFaultRule } from './disturbance/fault-rule.ts'
import { disturbanceOrder } from './disturbance/order.ts'
import type { EngineInit } from './engine.ts'
import { authStringOf, type Identities, type PhoneIdentity } from './identity.ts'
import { orderStart } from './orders.ts'
import type { FleetPhones } from './phones.ts'
import type { PlannedStart } from './plan/sequence.ts'
import { parseSourceAddresses, SourceUse } from './source-addresses.ts'

export type TurnRunnerInit = Pick<EngineInit, 'plan' | 'target' | 'bootTarget' | 'micCa' | 'store'> & {
  identities: Identities
  phones: FleetPhones
  /** Nothing more is to start: nobody waits any more for what a turn needs. */
  stopping: AbortSignal
}

/** Between two attempts to order something from a store that is away. */
const STORE_AGAIN_MS = 250

/** A phone whose turn it is in the phase with this number. */
export type Turn = { readonly start: PlannedStart; readonly identity: PhoneIdentity; readonly number: number }

/** Has phones do what their turn is: ready, ordered, disturbed as the plan says, from their address, in a session or a whole boot. */
export class TurnRunner {
  readonly #init: TurnRunnerInit
  readonly #bootOptions: BootOptions
  readonly #bootShare: number
  readonly #sources: SourceUse
  /** Trust lists and configurations are read once for all phones. */
  readonly #sharedFiles = newSharedFiles()
  readonly #faultRules: readonly FaultRule[]
  /** What phones do wrong in each phase. */
  readonly #disturbances = new Map<number, Disturbances | undefined>()

  constructor(init: TurnRunnerInit) {
    const { options } = init.plan
    this.#init = init
    this.#sources = new SourceUse(parseSourceAddresses(options.sourceAddresses))
    this.#bootShare = shareOf(options.boot)
    this.#faultRules = options.fault.map(parseFaultRule)
    const { httpPort, httpsPort, tftpPort, furtherFiles } = options
    this.#bootOptions = bootOptions({ httpPort, httpsPort, tftpPort, furtherFiles, ...init.bootTarget?.options })
  }

  /** Counting who is meant takes time in a large fleet: it is done before the clock runs. */
  prepare(): void {
    for (const number of this.#init.plan.phases.keys()) this.#disturbancesIn(number)
  }

  /** Connections from the source address that has the most. */
  get mostOnAddress(): number {
    return this.#sources.most
  }

  /** What comes of a turn, or what it could not begin for. @param signal  ends its session. */
  async run(
    turn: Turn,
    signal: AbortSignal,
  ): Promise<{ phone: Phone; ended: Ended; trouble?: never } | { phone?: Phone; ended?: never; trouble: Error }> {
    const { start, identity, number } = turn
    let phone: Phone | undefined
    try {
      phone = await this.#init.phones.take(start.index, { identity, round: number, lap: start.lap })
      await this.#order(turn, phone)
    } catch (error) {
      return { ...(phone ? { phone } : {}), trouble: error as Error }
    }
    const disturbance = this.#disturbanceOf(turn)
    const localAddress = this.#sources.take(start.index)
    const ended = await this.#perform(phone, { index: start.index, signal, disturbance, localAddress })
    this.#sources.give(localAddress)
    return { phone, ended }
  }

  /**
   * What this session takes: a new string, and an order at the server where the device comes again. A store that is away is waited for
   * until a stop.
   *
   * @throws what the store throws.
   */
  async #order({ start, identity, number }: Turn, phone: Phone): Promise<void> {
    const { plan, store, stopping } = this.#init
    const { index, lap } = start
    if (identity.authMode === 'string' && identity.authString === undefined)
      phone.configure({ authString: authStringOf({ seed: plan.options.seed, index, round: number, lap }) })
    if (lap === 0 || !store) return
    for (;;) {
      try {
        await orderStart(store, { plan, number, identity, start })
        return
      } catch (error) {
        if (!isAway(error) || stopping.aborted) throw error
      }
      await delay(STORE_AGAIN_MS, undefined, { signal: stopping }).catch(() => {})
    }
  }

  #disturbancesIn(number: number): Disturbances | undefined {
    if (!this.#disturbances.has(number)) {
      const place = { plan: this.#init.plan, number, identities: this.#init.identities }
      this.#disturbances.set(number, disturbancesOf(this.#faultRules, place))
    }
    return this.#disturbances.get(number)
  }

  #disturbanceOf({ start, identity, number }: Turn): DisturbanceOrder | undefined {
    const fault = this.#disturbancesIn(number)?.(start)
    const { plan, micCa } = this.#init
    return fault && disturbanceOrder(fault, { seed: plan.options.seed, number, start, identity, micCa })
  }

  async #perform(
    phone: Phone,
    what: { index: number; signal: AbortSignal; disturbance: DisturbanceOrder | undefined; localAddress: string | undefined },
  ): Promise<Ended> {
    const { index, signal, disturbance } = what
    const { plan, bootTarget } = this.#init
    const from = what.localAddress === undefined ? {} : { localAddress: what.localAddress }
    const target = { ...this.#init.target, ...from }
    const { seed, retries } = plan.options
    if (bootTarget && doesBoot({ seed, index, share: this.#bootShare })) {
      const boot = { server: bootTarget.host, options: this.#bootOptions, shared: this.#sharedFiles, signal, disturbance, ...from }
      return { boot: await phone.boot(boot) }
    }
    if (retries > 0 || disturbance) return { session: await phone.contactCapf({ servers: [target], signal, disturbance }) }
    return { session: await phone.runSession({ ...target, signal }) }
  }
}
