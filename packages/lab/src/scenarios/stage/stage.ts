import { ROLES } from '@capfkit/codec/tlv'
import { type BootOptions, type Fault, type MakeKey, newSharedFiles } from '@capfkit/phone'
import {
  CapfServer,
  type CapfServerInit,
  type DeviceStore,
  MemoryDeviceStore,
  type NewDevice,
  phoneRecords,
  traceTo,
} from '@capfkit/server'
import { type Cluster, DeviceFiles } from '@capfkit/tftp'
import { CertificateStore, TvsServer } from '@capfkit/tvs'
import { LabClock } from '../../lab-clock.ts'
import { LyingResolver, PUBLISHER } from '../../lying-resolver.ts'
import { type StageCertificates, serviceCertificate, stageCertificates } from './certificates.ts'
import { FilePart } from './file-part.ts'
import type { KeyRing } from './key-ring.ts'
import { OnlinePart, type OnlineSettings, rightSettings } from './online-part.ts'
import { Service } from './service.ts'
import { type PhoneWish, StagePhone } from './stage-phone.ts'
import { TextLog } from './text-log.ts'

/** What is different about the cluster of a scenario from its start. */
export type StageWish = {
  /** The CA is behind a registration authority; with settings that differ from the right ones. */
  readonly online?: Partial<OnlineSettings> & { readonly caName?: string }
  readonly capf?: Omit<Partial<CapfServerInit>, 'store' | 'certificate' | 'now' | 'trace'>
  /** False: phones are told of no TVS. */
  readonly hasTvs?: boolean
  /** Seconds of its clock in a second of ours: ten seconds of waiting need not take ten. */
  readonly clockRate?: number
  /** It begins so many days ago. */
  readonly daysAgo?: number
  /** Which of several clusters it is: each has certificates of its own. Default 1. */
  readonly site?: number
}

/** What CAPF is started with next time; a scenario changes it. */
type CapfSettings = Partial<Pick<CapfServerInit, 'options' | 'micCas' | 'lscCas' | 'store'>>

const DAY_MS = 86_400_000

const BOOT: Partial<BootOptions> = {
  furtherFiles: false,
  fileConnectTimeoutMs: 2_000,
  fileTimeoutMs: 5_000,
  tftpTimeoutMs: 500,
  tvsTimeoutMs: 2_000,
}

/** A whole cluster of its own for one scenario, on loopback: every part can be stopped, changed and started again. */
export class Stage implements AsyncDisposable {
  readonly clock: LabClock
  readonly keys: KeyRing
  readonly names: LyingResolver
  readonly certificates: StageCertificates
  readonly logs = { trace: new TextLog(), nginx: new TextLog(), errorLog: new TextLog(), iis: new TextLog() }
  readonly phones: StagePhone[] = []
  /** Further files of evidence, by name. */
  readonly papers = new Map<string, string>()
  readonly capf: Service<CapfServer>
  readonly tvs: Service<TvsServer>
  readonly capfSettings: CapfSettings
  store: DeviceStore
  files!: FilePart
  #online: OnlinePart | undefined
  readonly #wish: StageWish
  /** Certificates that TVS knows, DER; default: all of the cluster. */
  tvsTrust: readonly { certificateDer: Buffer; roles: readonly number[] }[] | undefined
  #keysMade = 0
  /** Sites begin with single numbers. */
  #generation = 10

  private constructor(init: { wish: StageWish; keys: KeyRing; clock: LabClock; certificates: StageCertificates }) {
    const { wish, keys, clock, certificates } = init
    this.#wish = wish
    this.keys = keys
    this.clock = clock
    this.certificates = certificates
    this.names = new LyingResolver([wish.online?.caHost ?? rightSettings().caHost])
    this.store = new MemoryDeviceStore({ now: clock.nowMs })
    this.capfSettings = { ...wish.capf }
    this.capf = new Service(listen => this.#startCapf(listen))
    this.tvs = new Service(listen => this.#startTvs(listen))
  }

  /** Bring the cluster of a scenario up. */
  static async open(wish: StageWish, keys: KeyRing): Promise<Stage> {
    const { daysAgo = 0, clockRate: rate = 1, site = 1 } = wish
    const clock = new LabClock({ at: new Date(Date.now() - daysAgo * DAY_MS), rate })
    const certificates = await stageCertificates({ keys, now: clock.now, generation: site })
    const stage = new Stage({ wish, keys, clock, certificates })
    try {
      await stage.#openParts()
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
    return stage
  }

  async #openParts(): Promise<void> {
    const { online, hasTvs = true } = this.#wish
    if (online) {
      const { caName = 'TEST-LAB-CA', ...settings } = online
      this.#online = await OnlinePart.open(this, { caName, settings: { ...rightSettings(), ...settings } })
    }
    await this.capf.start()
    if (hasTvs) await this.tvs.start()
    const source = await DeviceFiles.create({
      cluster: this.cluster(),
      devices: phoneRecords({ get: name => this.store.get(name) }),
      cacheBytes: 16_777_216,
      now: this.clock.now,
    })
    this.files = await FilePart.start(source)
  }

  /** The Online CA chain. @throws without one. */
  get online(): OnlinePart {
    if (!this.#online) throw new Error('this stage has no Online CA')
    return this.#online
  }

  get hasOnline(): boolean {
    return this.#online !== undefined
  }

  /** What the file server tells phones, by the certificates of now. */
  cluster(): Cluster {
    const { capf, tvs, tftp, recovery } = this.certificates
    const { hasTvs = true } = this.#wish
    return {
      tftp,
      recovery,
      certificates: { CAPF: [capf.certificateDer], TVS: [tvs.certificateDer] },
      listProfile: 'cucm',
      config: {
        callManagers: [{ priority: 0, processNodeName: PUBLISHER }],
        ...(hasTvs ? { tvs: [{ priority: 0, port: this.tvs.port, address: PUBLISHER }] } : {}),
        capfList: [{ phonePort: this.capf.port, processNodeName: PUBLISHER }],
      },
    }
  }

  /** As the page Certificate Management does it: the service shows another certificate when it is started again. */
  async regenerate(service: keyof StageCertificates): Promise<void> {
    this.#generation++
    this.certificates[service] = await serviceCertificate(service, {
      keys: this.keys,
      now: this.clock.now,
      generation: this.#generation,
    })
  }

  /** Restart TFTP: lists are made again from the certificates of now. */
  restartTftp(cluster: Partial<Cluster> = {}): Promise<void> {
    return this.files.source.update({ ...this.cluster(), ...cluster })
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

  #startCapf(listen: string): Promise<CapfServer> {
    const { clock, certificates, logs } = this
    const { options, ...init } = this.capfSettings
    const caTimeoutMs = this.#online ? { caTimeoutMs: clock.realMs(this.#online.settings.capfTimeoutMs) } : {}
    const online = this.#online
    return CapfServer.start({
      store: this.store,
      ...init,
      certificate: certificates.capf,
      ...(online ? { onlineCa: online.onlineCa() } : {}),
      options: { listen, issuer: online ? 'online' : 'local', ...caTimeoutMs, ...options },
      trace: traceTo({ write: logs.trace.write, now: clock.now }),
      now: clock.now,
      pollMs: 50,
    })
  }

  #startTvs(listen: string): Promise<TvsServer> {
    const { capf, tftp, recovery, tvs } = this.certificates
    const known = this.tvsTrust ?? [
      { certificateDer: capf.certificateDer, roles: [ROLES.CAPF.number] },
      { certificateDer: tftp.certificateDer, roles: [ROLES['CCM+TFTP'].number] },
      { certificateDer: recovery.certificateDer, roles: [ROLES.SAST.number] },
    ]
    return TvsServer.start({ store: new CertificateStore(known), certificate: tvs, options: { listen }, now: this.clock.now })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.capf.stop()
    await this.tvs.stop()
    await this.files?.[Symbol.asyncDispose]()
    await this.#online?.[Symbol.asyncDispose]()
  }
}
