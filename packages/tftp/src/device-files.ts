import { randomBytes as cryptoRandomBytes, hash } from 'node:crypto'
import { formatConfig, type PhoneConfig } from '@capfkit/codec/config'
import { type EncryptFileOptions, encryptFile, PkiError, type RandomBytes, signFile } from '@capfkit/pki'
import { type Cluster, type ReadyCluster, readyCluster } from './cluster.ts'
import { FileCache } from './file-cache.ts'
import type { FileRequest, FileSource, SourceFile } from './file-source.ts'
import { type MadeFile, matchMadeFile } from './made-names.ts'

/** What a cluster knows of one phone. */
export type DeviceRecord = {
  /** Elements of its own configuration, before those of the cluster. `certHash` comes from the certificate. */
  readonly config: PhoneConfig
  /** The LSC, DER, where there is one: whose key opens encrypted files. */
  readonly phoneCertificateDer?: Buffer
}

/** Who knows the phones of a cluster; names are compared without case. */
export type DeviceDirectory = {
  find(deviceName: string, request: FileRequest): Promise<DeviceRecord | undefined>
}

export type DeviceFilesInit = {
  readonly cluster: Cluster
  readonly devices: DeviceDirectory
  /** Bytes of made files that are kept. */
  readonly cacheBytes: number
  /** Stands in the files as the time of their making. */
  readonly now: () => Date
  readonly randomBytes?: RandomBytes
}

/** What a phone needs before it can read the encrypted file: the rest is in there. */
const SHORT_ELEMENTS = [
  'tvs',
  'deviceSecurityMode',
  'capfAuthMode',
  'capfList',
  'certHash',
  'encrConfig',
] as const satisfies (keyof PhoneConfig)[]

const sha1 = (der: Buffer) => hash('sha1', der, 'hex')

const fullConfig = (cluster: Cluster, { config, phoneCertificateDer }: DeviceRecord): PhoneConfig => ({
  fullConfig: true,
  deviceSecurityMode: 'non-secure',
  capfAuthMode: 'none',
  encrConfig: false,
  ...cluster.config,
  ...config,
  certHash: phoneCertificateDer ? sha1(phoneCertificateDer) : '',
})

const shortConfig = (full: PhoneConfig): PhoneConfig => ({
  fullConfig: false,
  ...Object.fromEntries(SHORT_ELEMENTS.flatMap(name => (full[name] === undefined ? [] : [[name, full[name]]]))),
})

/** Without what is of one phone alone. */
const defaultConfig = ({ callManagers, tvs }: PhoneConfig): PhoneConfig => ({
  ...(callManagers ? { callManagers } : {}),
  ...(tvs ? { tvs } : {}),
})

type Making = { readonly ready: ReadyCluster; readonly row: MadeFile; readonly name: string; readonly record: DeviceRecord }

/**
 * The files of a cluster, made for each phone when it asks: trust lists and configuration, plain, signed and encrypted. They are
 * kept until the cluster or what it knows of the phone changes.
 */
export class DeviceFiles implements FileSource {
  readonly #init: DeviceFilesInit
  readonly #cache: FileCache
  #ready: ReadyCluster
  /** When the lists were signed. */
  #readyAt: Date
  /** Counts the clusters that were served: what was made for the one before is not served again. */
  #epoch = 0

  private constructor(init: DeviceFilesInit, { ready, at }: { ready: ReadyCluster; at: Date }) {
    this.#init = init
    this.#cache = new FileCache(init.cacheBytes)
    this.#ready = ready
    this.#readyAt = at
  }

  /** @throws {PkiError} for certificates that cannot sign, or cannot be in a list. */
  static async create(init: DeviceFilesInit): Promise<DeviceFiles> {
    const at = init.now()
    return new DeviceFiles(init, { ready: await readyCluster(init.cluster, at), at })
  }

  /** Serve another cluster from now on: other certificates, other call managers. @throws {PkiError} and nothing has changed. */
  async update(cluster: Cluster): Promise<void> {
    const at = this.#init.now()
    this.#ready = await readyCluster(cluster, at)
    this.#readyAt = at
    this.#epoch += 1
  }

  /** As they are served. */
  get lists(): { readonly itl: Buffer; readonly ctl: Buffer | undefined } {
    const { itl, ctl } = this.#ready
    return { itl, ctl }
  }

  async get(name: string, request: FileRequest): Promise<SourceFile | undefined> {
    const match = matchMadeFile(name)
    if (!match) return undefined
    const { row, device } = match
    // One cluster for all that follows, whatever is updated meanwhile.
    const [ready, epoch] = [this.#ready, this.#epoch]
    if (row.content === 'ctl' && !ready.ctl) return undefined
    const record = device === undefined ? { config: {} } : await this.#init.devices.find(device, request)
    if (!record) return undefined
    if (row.content === 'ctl') return fileOf(ready.ctl!, this.#readyAt)
    if (row.content === 'itl') return fileOf(ready.itl, this.#readyAt)
    const { config, phoneCertificateDer } = record
    const stamp = JSON.stringify([epoch, config, phoneCertificateDer ? sha1(phoneCertificateDer) : ''])
    return this.#cache.get({ key: name, stamp, make: () => this.#make({ ready, row, name, record }) })
  }

  async #make({ ready, row, name, record }: Making): Promise<SourceFile | undefined> {
    const { cluster, configSigner: signer } = ready
    const full = fullConfig(cluster, record)
    const timestamp = this.#init.now()
    const { digest = 'sha1' } = cluster
    if (row.wrap === 'encrypted') {
      const { phoneCertificateDer } = record
      if (!full.encrConfig || !phoneCertificateDer) return undefined
      const { randomBytes = cryptoRandomBytes } = this.#init
      const content = formatConfig(full)
      const options = { content, fileName: name, signer, digest, timestamp, phoneCertificateDer, randomBytes }
      return fileOf(await encryptedFile(options), timestamp)
    }
    const content =
      row.content === 'default'
        ? formatConfig(defaultConfig(cluster.config), { root: 'Default' })
        : formatConfig(full.encrConfig ? shortConfig(full) : full)
    const bytes = row.wrap === 'plain' ? content : await signFile({ content, fileName: name, signer, digest, timestamp })
    return fileOf(bytes, timestamp)
  }
}

/** A phone whose key is not RSA gets no encrypted file: there is none. */
const encryptedFile = async (options: EncryptFileOptions): Promise<Buffer | undefined> => {
  try {
    return await encryptFile(options)
  } catch (error) {
    if (error instanceof PkiError && error.code === 'PKI_KEY_TYPE') return undefined
    throw error
  }
}

const fileOf = <B extends Buffer | undefined>(bytes: B, lastModified: Date): SourceFile | undefined =>
  bytes && { bytes, etag: hash('sha256', bytes, 'hex').slice(0, 32), lastModified }
