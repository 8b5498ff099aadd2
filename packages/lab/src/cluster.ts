import { type OptionsOf, parseOptions } from '@capfkit/codec/options'
import { ROLES } from '@capfkit/codec/tlv'
import { type Address, formatAddress, parseAddress } from '@capfkit/listen'
import { type MakeKey, newSharedFiles, Phone, type PhoneInit, type SharedFiles } from '@capfkit/phone'
import { generateKeyPair } from '@capfkit/pki'
import { CapfServer, type DeviceStore, openDeviceStore, phoneRecords } from '@capfkit/server'
import { DeviceFiles, FileServer } from '@capfkit/tftp'
import { CertificateStore, TvsServer } from '@capfkit/tvs'
import { type ClusterCertificates, newClusterCertificates } from './cluster-certificates.ts'
import type { LabClock } from './lab-clock.ts'
import { type Listening, labFile, openLogs, writeCertificates, writeNotice, writePage } from './lab-files.ts'
import { type LyingResolver, PUBLISHER } from './lying-resolver.ts'
import { type OnlineChain, startOnlineChain } from './online-chain.ts'
import { LAB_OPTIONS, type LabOptions } from './options.ts'

export type ClusterInit = {
  /** Values of {@link LAB_OPTIONS}. */
  options?: Partial<OptionsOf<typeof LAB_OPTIONS>>
  /** Where certificates, keys, the device store and the logs go; it must be there, and what has their names is replaced. */
  folder: string
  now?: () => Date
  /** A clock that can be turned, for every party and every phone; in the place of `now`. */
  clock?: LabClock
  /** The DNS of the phones. With it their configurations have the publisher by name, without it by address. */
  names?: LyingResolver
  /** A log could not be written; the laboratory goes on. */
  onError?: (error: unknown) => void
}

/** Bytes of made files that are kept. */
const CACHE_BYTES = 67_108_864

const makeKey: MakeKey = spec => generateKeyPair(spec)

/** What was started, in the hands of the cluster. */
type Parts = {
  options: LabOptions
  certificates: ClusterCertificates
  store: DeviceStore
  capf: CapfServer
  tvs: TvsServer
  files: FileServer
  chain: OnlineChain | undefined
  clock: LabClock | undefined
  names: LyingResolver | undefined
}

/**
 * A whole fake cluster on loopback with certificates of its own: CAPF, TVS, file server and, with `issuer: 'online'`, registration
 * authority and AD CS. Several may run in one process, on ports of their own.
 *
 * `await using cluster = await startCluster({ … })` ends it at the end of the block.
 */
export class Cluster implements AsyncDisposable {
  readonly certificates: ClusterCertificates
  readonly store: DeviceStore
  readonly #parts: Parts
  readonly #stack: AsyncDisposableStack
  /** Trust lists and configurations are read once for all phones. */
  readonly #shared: SharedFiles = newSharedFiles()

  constructor(parts: Parts, stack: AsyncDisposableStack) {
    this.#parts = parts
    this.#stack = stack
    this.certificates = parts.certificates
    this.store = parts.store
  }

  /** Every door of the cluster. */
  get listening(): readonly Listening[] {
    const { capf, tvs, files, chain, options } = this.#parts
    const row = (service: string, address: Address, what: string): Listening => ({ service, address: formatAddress(address), what })
    return [
      row('CAPF', capf.address, 'CAPF over TLS'),
      row('TVS', tvs.address, 'TVS over TLS'),
      row('HTTP', files.addresses.http, 'files of phones'),
      ...(files.addresses.tftp ? [row('TFTP', files.addresses.tftp, 'files of phones, UDP')] : []),
      ...(chain
        ? [
            row('RA', chain.ra.address, 'EST, as CiscoRA'),
            row('AD CS', chain.adcs.address, `web enrolment, template ${options.template}`),
          ]
        : []),
    ]
  }

  /** The Online CA chain, where there is one. */
  get chain(): OnlineChain | undefined {
    return this.#parts.chain
  }

  /** A phone that will boot from this cluster; nobody has configured it yet: see `store`. */
  newPhone(init: Pick<PhoneInit, 'deviceName'> & Partial<PhoneInit>): Phone {
    const { clock, names } = this.#parts
    return new Phone({
      makeKey,
      trusted: [],
      authMode: 'null',
      ...(clock ? { now: clock.nowMs, delay: clock.delay } : {}),
      ...(names ? { resolve: names.resolve } : {}),
      ...init,
      options: { signRequests: true, retries: 0, ...init.options },
    })
  }

  /** Switch a phone on. */
  boot(phone: Phone, order: Partial<Parameters<Phone['boot']>[0]> = {}): ReturnType<Phone['boot']> {
    const { files, capf } = this.#parts
    const { http, tftp } = files.addresses
    const options = {
      httpPort: http.port,
      tftpPort: tftp!.port,
      capfPort: capf.address.port,
      furtherFiles: false,
      ...order.options,
    }
    return phone.boot({ server: http.host, shared: this.#shared, ...order, options })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

/** Start a cluster. @throws what its parts say: a port in use, a folder that cannot be written to, a wrong option. */
export const startCluster = async (init: ClusterInit): Promise<Cluster> => {
  const { folder, clock, names, onError = () => {} } = init
  const now = clock?.now ?? init.now ?? (() => new Date())
  const options = parseOptions(LAB_OPTIONS, init.options)
  await using stack = new AsyncDisposableStack()
  const certificates = await newClusterCertificates(now)
  await writeNotice(folder)
  const logs = stack.use(openLogs({ folder, now, onError }))
  const chain =
    options.issuer === 'online'
      ? stack.use(await startOnlineChain({ options, raCertificate: certificates.ra, now, ...logs }))
      : undefined
  await writeCertificates(folder, { certificates, adcsCa: chain?.onlineCa.caCertificates[0] })
  const store = stack.use(openDeviceStore(`sqlite:${labFile(folder, 'store')}`))
  const capf = stack.use(
    await CapfServer.start({
      store,
      certificate: certificates.capf,
      ...(chain ? { onlineCa: chain.onlineCa } : {}),
      options: { listen: options.capf, issuer: options.issuer, trace: labFile(folder, 'trace') },
      now,
    }),
  )
  const tvs = stack.use(await startTvs({ options, certificates, now }))
  const files = stack.use(await startFiles({ options, certificates, store, capf, tvs, now, names }))
  const cluster = new Cluster({ options, certificates, store, capf, tvs, files, chain, clock, names }, stack.move())
  try {
    await writePage(folder, cluster.listening)
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
  return cluster
}

type Starting = { options: LabOptions; certificates: ClusterCertificates; now: () => Date }

const startTvs = ({ options, certificates, now }: Starting): Promise<TvsServer> => {
  const store = new CertificateStore([
    { certificateDer: certificates.capf.certificateDer, roles: [ROLES.CAPF.number] },
    { certificateDer: certificates.tftp.certificateDer, roles: [ROLES['CCM+TFTP'].number] },
    { certificateDer: certificates.recovery.certificateDer, roles: [ROLES.SAST.number] },
  ])
  return TvsServer.start({ store, certificate: certificates.tvs, options: { listen: options.tvs }, now })
}

const startFiles = async (starting: Starting & Pick<Parts, 'store' | 'capf' | 'tvs' | 'names'>): Promise<FileServer> => {
  const { options, certificates, store, capf, tvs, now, names } = starting
  const { host } = parseAddress(options.http)
  const { tftp, recovery } = certificates
  const source = await DeviceFiles.create({
    cluster: {
      tftp,
      recovery,
      certificates: { CAPF: [certificates.capf.certificateDer], TVS: [certificates.tvs.certificateDer] },
      listProfile: 'cucm',
      config: {
        callManagers: [{ priority: 0, processNodeName: names ? PUBLISHER : host }],
        tvs: [{ priority: 0, port: tvs.address.port, address: names ? PUBLISHER : tvs.address.host }],
        capfList: [{ phonePort: capf.address.port, processNodeName: names ? PUBLISHER : capf.address.host }],
      },
    },
    devices: phoneRecords(store),
    cacheBytes: CACHE_BYTES,
    now,
  })
  return FileServer.start({ source, options: { listen: options.tftp, http: options.http } })
}
