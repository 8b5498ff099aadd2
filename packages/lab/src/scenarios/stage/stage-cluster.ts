import { ROLES } from '@capfkit/codec/tlv'
import { CapfServer, type CapfServerInit, type DeviceStore, MemoryDeviceStore, phoneRecords, traceTo } from '@capfkit/server'
import { type Cluster, DeviceFiles } from '@capfkit/tftp'
import { CertificateStore, TvsServer } from '@capfkit/tvs'
import type { LabClock } from '../../lab-clock.ts'
import { LyingResolver, PUBLISHER } from '../../lying-resolver.ts'
import { type StageCertificates, serviceCertificate } from './certificates.ts'
import { FilePart } from './file-part.ts'
import type { KeyRing } from './key-ring.ts'
import { OnlinePart, type OnlineSettings, rightSettings } from './online-part.ts'
import { Service } from './service.ts'
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

export type StageInit = {
  readonly wish: StageWish
  readonly keys: KeyRing
  readonly clock: LabClock
  readonly certificates: StageCertificates
}

/** A whole cluster of its own for one scenario, on loopback: every part can be stopped, changed and started again. */
export class StageCluster implements AsyncDisposable {
  readonly clock: LabClock
  readonly keys: KeyRing
  readonly names: LyingResolver
  readonly certificates: StageCertificates
  readonly logs = { trace: new TextLog(), nginx: new TextLog(), errorLog: new TextLog(), iis: new TextLog() }
  /** Further files of evidence, by name. */
  readonly papers = new Map<string, string>()
  readonly capf: Service<CapfServer>
  readonly tvs: Service<TvsServer>
  readonly capfSettings: CapfSettings
  store: DeviceStore
  files!: FilePart
  #online: OnlinePart | undefined
  readonly #wish: StageWish
  /** Sites begin with single numbers. */
  #generation = 10

  protected constructor({ wish, keys, clock, certificates }: StageInit) {
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

  /** Bring its parts up, from the CA to the files. */
  protected async openParts(): Promise<void> {
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
    const known = [
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
