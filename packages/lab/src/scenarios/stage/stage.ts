import { type BootOptions, type Fault, type MakeKey, newSharedFiles } from '@capfkit/phone'
import type { NewDevice } from '@capfkit/server'
import { LabClock } from '../../lab-clock.ts'
import { stageCertificates } from './certificates.ts'
import type { KeyRing } from './key-ring.ts'
import { StageCluster, type StageWish } from './stage-cluster.ts'
import { type PhoneWish, StagePhone } from './stage-phone.ts'

export type { StageWish } from './stage-cluster.ts'

const DAY_MS = 86_400_000
const FURTHER_TRIES = 3

const BOOT: Partial<BootOptions> = {
  furtherFiles: false,
  fileConnectTimeoutMs: 2_000,
  fileTimeoutMs: 5_000,
  tftpTimeoutMs: 500,
  tvsTimeoutMs: 2_000,
}

/** What a scenario plays on: a cluster, an administrator who orders, and phones that are reset. */
export class Stage extends StageCluster {
  readonly phones: StagePhone[] = []
  #keysMade = 0

  /** Bring the cluster of a scenario up. */
  static async open(wish: StageWish, keys: KeyRing): Promise<Stage> {
    const { daysAgo = 0, clockRate: rate = 1, site = 1 } = wish
    const clock = new LabClock({ at: new Date(Date.now() - daysAgo * DAY_MS), rate })
    const certificates = await stageCertificates({ keys, now: clock.now, generation: site })
    const stage = new Stage({ wish, keys, clock, certificates })
    try {
      await stage.openParts()
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
    return stage
  }

  newPhone(wish: PhoneWish = {}): StagePhone {
    const { deviceName = `SEP02000000${String(this.phones.length + 1).padStart(4, '0')}` } = wish
    const makeKey: MakeKey = spec => this.keys.ofPhone(this.#keysMade++, spec)
    const phone = new StagePhone(deviceName, { wish, world: { clock: this.clock, names: this.names, makeKey } })
    this.phones.push(phone)
    return phone
  }

  /** What the administrator orders on the page of the phone. Default: an LSC. */
  async order(phone: { readonly name: string }, device: Omit<NewDevice, 'name'> = {}): Promise<void> {
    const order = { operation: 'install' as const, ...device }
    const isThere = await this.store.change(phone.name, order)
    if (!isThere) await this.store.add([{ name: phone.name, ...order }])
  }

  /** Another phone, or the same one changed, in the place of one of the stage. */
  replacePhone(phone: StagePhone, wish: PhoneWish): StagePhone {
    this.phones.splice(this.phones.indexOf(phone), 1)
    return this.newPhone({ ...wish, deviceName: phone.name })
  }

  /** Reset the phone. */
  async boot(phone: StagePhone, { fault, ...options }: Partial<BootOptions> & { fault?: Fault } = {}): Promise<void> {
    const { httpPort, tftpPort } = this.files
    phone.result = await phone.phone.boot({
      server: '127.0.0.1',
      shared: newSharedFiles(),
      ...(fault ? { disturbance: { fault } } : {}),
      options: { ...BOOT, httpPort, tftpPort, capfPort: this.capf.port, ...options },
    })
  }

  /** Reset every phone, one after the other. */
  async bootAll(): Promise<void> {
    for (const phone of this.phones) await this.boot(phone)
  }

  /** Reset every phone, and those that fail again, as often as a real phone comes again: for clocks that run faster than a busy machine. */
  async bootUntilWell(): Promise<void> {
    for (const phone of this.phones) {
      await this.boot(phone)
      for (let time = 0; time < FURTHER_TRIES && phone.result?.ok === false; time++) await this.boot(phone)
    }
  }

  /** Order an LSC and reset the phone, in the hope of the best. */
  async enrol(phone: StagePhone, device: Omit<NewDevice, 'name'> = {}): Promise<void> {
    await this.order(phone, device)
    await this.boot(phone)
  }

  /** A phone that has booted before, without an order: it has the trust lists of this cluster. What it said then is forgotten. */
  async bootedPhone(wish: PhoneWish = {}): Promise<StagePhone> {
    const phone = this.newPhone(wish)
    await this.enrol(phone, { operation: 'none' })
    phone.clearLogs()
    return phone
  }

  clearLogs(): void {
    for (const log of Object.values(this.logs)) log.clear()
    for (const phone of this.phones) phone.clearLogs()
    this.papers.clear()
  }
}
