import {
  type BootResult,
  type Credential,
  formatStatusMessage,
  type ModelName,
  Phone,
  type PhoneInit,
  type StatusMessage,
} from '@capfkit/phone'
import type { LabClock } from '../../lab-clock.ts'
import type { LyingResolver } from '../../lying-resolver.ts'
import { TextLog } from './text-log.ts'

/** What a scenario may say of a phone of its own; the rest is as it should be. */
export type PhoneWish = Partial<Omit<PhoneInit, 'deviceName' | 'trusted'>> & { readonly deviceName?: string }

export type PhoneWorld = {
  readonly clock: LabClock
  readonly names: LyingResolver
  readonly makeKey: PhoneInit['makeKey']
}

const DEFAULT_MODEL: ModelName = '8861'
const OPTIONS = { signRequests: true, retries: 0, retryIntervalMs: 20_000, closeWaitMs: 50 } as const

/** A phone with everything that an operator would copy from it. */
export class StagePhone {
  readonly name: string
  readonly model: ModelName
  readonly console = new TextLog()
  readonly status = new TextLog()
  readonly phone: Phone
  /** Of its last boot. */
  result: BootResult | undefined

  constructor(name: string, { wish, world }: { wish: PhoneWish; world: PhoneWorld }) {
    const { model = DEFAULT_MODEL, options } = wish
    const { clock, names, makeKey } = world
    this.name = name
    this.model = model
    this.phone = new Phone({
      makeKey,
      authMode: 'null',
      now: clock.nowMs,
      delay: clock.delay,
      resolve: names.resolve,
      ...wish,
      deviceName: name,
      trusted: [],
      options: { ...OPTIONS, ...options },
      onConsole: line => this.console.line(line.text),
      onStatus: (message: StatusMessage) => this.status.line(formatStatusMessage(message)),
    })
  }

  get lsc(): Credential | undefined {
    return this.phone.lsc
  }

  /** The page as the web server of the phone shows it. */
  get statusPage(): string {
    return `Status messages\n\nCisco IP Phone CP-${this.model} (${this.name})\n\n${this.status.text}`
  }

  clearLogs(): void {
    this.console.clear()
    this.status.clear()
  }
}
