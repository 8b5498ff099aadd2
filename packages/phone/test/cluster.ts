import { randomBytes } from 'node:crypto'
import { connect as tlsConnect } from 'node:tls'
import { formatConfig, type PhoneConfig } from '@capfkit/codec/config'
import { ROLES, type RoleName } from '@capfkit/codec/tlv'
import { type Message, STATUS } from '@capfkit/codec/tvs'
import { buildTrustList, certificateRecord, encryptFile, FileSigner, type RecordForm, signFile } from '@capfkit/pki'
import {
  type BootOrder,
  type BootResult,
  type Connect,
  type ConsoleLine,
  type Credential,
  type ModelName,
  newSharedFiles,
  type Phone,
  type PhoneInit,
} from '../src/index.ts'
import { credential } from './credentials.ts'
import { type Files, HttpFiles, TftpFiles } from './file-servers.ts'
import { ScriptedTvs } from './scripted-tvs.ts'
import { DEVICE, goodbye, greet, World } from './world.ts'

const TIMESTAMP = new Date('2026-11-21T02:24:34Z')

type Entry = { role: RoleName; of: string; form?: RecordForm; dnsName?: string }

/** What a list of CUCM has: signers and file servers in full, CAPF and TVS by hash. `capf` is the CAPF of the world. */
export const USUAL: readonly Entry[] = [
  { role: 'SAST', of: 'sast1' },
  { role: 'CCM+TFTP', of: 'ccm' },
  { role: 'TFTP', of: 'tftp' },
  { role: 'TVS', of: 'tvs', form: 'hash' },
  { role: 'CAPF', of: 'capf', form: 'hash', dnsName: 'pub.example' },
]

export type ListChange = {
  records?: readonly Entry[]
  signer?: string
  digest?: 'sha1' | 'sha512'
  fileName?: string
  signerVersion?: { major: number; minor: number }
  timestamp?: Date
}

/** What TVS knows: certificates with their roles. */
type Confirmed = { certificateDer: Buffer; roles: readonly RoleName[] }

/** A cluster on the loopback: files by HTTP and TFTP, TVS and CAPF, all of them scripted, and phones that find it. */
export class Cluster implements AsyncDisposable {
  readonly world: World
  readonly files: Files
  readonly http: HttpFiles
  readonly tftp: TftpFiles
  readonly tvs: ScriptedTvs
  readonly shared = newSharedFiles()
  /** What TVS confirms. */
  confirmed: Confirmed[] = []
  /** Where phones connected by TLS, `host:port` as they wanted it. */
  readonly connected: string[] = []
  readonly console: ConsoleLine[] = []
  readonly unknownNames = new Set<string>()
  readonly #lists = new Map<string, Promise<Buffer>>()

  private constructor(init: { world: World; files: Files; http: HttpFiles; tftp: TftpFiles; tvs: ScriptedTvs }) {
    this.world = init.world
    this.files = init.files
    this.http = init.http
    this.tftp = init.tftp
    this.tvs = init.tvs
    this.tvs.script = question => this.confirm(question)
    this.world.server.script = async peer => {
      await greet(peer)
      goodbye(peer, 0)
    }
  }

  static async start(): Promise<Cluster> {
    const files: Files = new Map()
    const [world, http, tftp, tvs] = await Promise.all([
      World.start(),
      HttpFiles.start(files),
      TftpFiles.start(files),
      ScriptedTvs.start(credential('tvs'), () => undefined),
    ])
    return new Cluster({ world, files, http, tftp, tvs })
  }

  /** The answer of a TVS to whatever it is asked. */
  confirm(question: Message): Message {
    const { sessionId } = question
    const rolesOf = (found: Confirmed) => ({ roles: found.roles.map(role => ROLES[role].number), ttlSeconds: 86_400 })
    if (question.name === 'VERIFY_REQUEST') {
      const found = this.confirmed.find(({ certificateDer }) => certificateDer.equals(question.certificateDer))
      const answer = found ? { status: STATUS.VALID, ...rolesOf(found) } : { status: STATUS.INVALID }
      return { name: 'VERIFY_RESPONSE', sessionId, ...answer }
    }
    const [found] = this.confirmed
    const answer = found
      ? { status: STATUS.VALID, certificateDer: found.certificateDer, ...rolesOf(found) }
      : { status: STATUS.INVALID }
    return { name: 'QUERY_RESPONSE', sessionId, ...answer }
  }

  certificateOf(name: string): Buffer {
    return name === 'capf' ? this.world.ca.certificateDer : credential(name).certificateDer
  }

  /** A list, made once for the same words. */
  list(change: ListChange = {}): Promise<Buffer> {
    const key = JSON.stringify(change)
    const made = this.#lists.get(key) ?? this.#makeList(change)
    this.#lists.set(key, made)
    return made
  }

  #makeList(change: ListChange): Promise<Buffer> {
    const { records = USUAL, signer = 'sast1', fileName = 'ITLFile.tlv', timestamp = TIMESTAMP, ...rest } = change
    return buildTrustList({
      ...rest,
      fileName,
      timestamp,
      signer: new FileSigner(credential(signer)),
      records: records.map(({ of, ...record }) => certificateRecord({ certificateDer: this.certificateOf(of), ...record })),
    })
  }

  /** The signed form of a configuration. */
  signed(
    config: PhoneConfig | Buffer,
    { name = `${DEVICE}.cnf.xml.sgn`, signer = 'tftp', digest = 'sha1' as 'sha1' | 'sha512' } = {},
  ) {
    const content = Buffer.isBuffer(config) ? config : formatConfig(config)
    return signFile({ content, fileName: name, signer: new FileSigner(credential(signer)), digest, timestamp: TIMESTAMP })
  }

  encrypted(config: PhoneConfig, phoneCertificateDer: Buffer): Promise<Buffer> {
    return encryptFile({
      content: formatConfig(config),
      fileName: `${DEVICE}.cnf.xml.enc.sgn`,
      signer: new FileSigner(credential('tftp')),
      timestamp: TIMESTAMP,
      phoneCertificateDer,
      randomBytes,
    })
  }

  /** Serve these and nothing else. */
  async serve(what: {
    itl?: Buffer
    ctl?: Buffer
    config?: PhoneConfig
    others?: Readonly<Record<string, Buffer>>
  }): Promise<void> {
    const { itl, ctl, config, others = {} } = what
    this.files.clear()
    if (ctl) this.files.set(`CTL${DEVICE}.tlv`, ctl)
    if (itl) this.files.set(`ITL${DEVICE}.tlv`, itl)
    if (config) {
      this.files.set(`${DEVICE}.cnf.xml`, formatConfig(config))
      this.files.set(`${DEVICE}.cnf.xml.sgn`, await this.signed(config))
    }
    for (const [name, bytes] of Object.entries(others)) this.files.set(name, bytes)
    for (const { asked } of [this.http, this.tftp]) asked.length = 0
    this.connected.length = 0
    this.console.length = 0
    this.tvs.heard.length = 0
    this.confirmed = []
  }

  /** Every port of the cluster is elsewhere here, and every name is this machine. */
  readonly #connect: Connect = target => {
    const ports: Readonly<Record<number, number>> = { 3804: this.world.server.target.port, 2445: this.tvs.port }
    return this.connectTo(ports[target.port] ?? target.port, target)
  }

  /** A connection to a port of this machine, whatever the target; it is written down. */
  connectTo(port: number, { host, port: wanted, tls }: Parameters<Connect>[0]) {
    this.connected.push(`${host}:${wanted}`)
    return tlsConnect({
      host: '127.0.0.1',
      port,
      secureContext: tls.secureContext,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
  }

  phone(init: Partial<PhoneInit> & { model?: ModelName } = {}): Phone {
    return this.world.phone({
      trusted: [],
      connect: this.#connect,
      resolve: async name => {
        if (this.unknownNames.has(name)) throw new Error('NXDOMAIN')
        return '127.0.0.1'
      },
      onConsole: line => this.console.push(line),
      delay: async () => {},
      ...init,
    })
  }

  boot(phone: Phone, order: Partial<BootOrder> = {}): Promise<BootResult> {
    const { options, ...rest } = order
    return phone.boot({
      server: 'tftp.example',
      shared: this.shared,
      options: {
        httpPort: this.http.port,
        tftpPort: this.tftp.port,
        tftpTimeoutMs: 50,
        tftpTries: 2,
        furtherFiles: false,
        ...options,
      },
      ...rest,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [this.world, this.http, this.tftp, this.tvs]) await part[Symbol.asyncDispose]()
  }
}

/** The texts of the status page. */
export const shown = (phone: Phone): string[] => phone.statusMessages.map(({ text }) => text)

/** One step of a boot, in short. */
export const steps = ({ steps }: BootResult): string[] => steps.map(({ step, outcome }) => `${step} ${outcome}`)

export const lscOf = (phone: Phone): Credential => phone.lsc!
