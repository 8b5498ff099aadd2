import { type AuthMode, type DisturbanceOrder, type Fault, forgeWith, Phone, type PhoneInit } from '@capfkit/phone'
import { type Authority, CertificateIssuer, generateKeyPair, micSubject, newManufacturingCa } from '@capfkit/pki'
import {
  CapfServer,
  type Device,
  type DeviceStore,
  newCertificateAndKey,
  openDeviceStore,
  type ServerOptions,
} from '@capfkit/server'

const P256 = { type: 'ec', curve: 'secp256r1' } as const
const STRING = '0815'

/** A server with a manufacturing CA that it trusts, and phones whose orders wait there. */
export class FaultyPhones implements AsyncDisposable {
  readonly server: CapfServer
  readonly #store: DeviceStore
  readonly #ca: Authority
  readonly #trusted: Buffer
  #made = 0

  private constructor(init: { server: CapfServer; store: DeviceStore; ca: Authority; trusted: Buffer }) {
    this.server = init.server
    this.#store = init.store
    this.#ca = init.ca
    this.#trusted = init.trusted
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<FaultyPhones> {
    const now = () => new Date()
    const longAgo = 10 * 365 * 86_400_000
    const ca = await newManufacturingCa({ now, keySpec: P256, backdateMs: longAgo })
    const certificate = await newCertificateAndKey(now())
    const store = openDeviceStore('memory:')
    const server = await CapfServer.start({
      ...{ certificate, store, micCas: [ca.certificateDer] },
      options: { listen: '127.0.0.1:0', ...options },
    })
    return new FaultyPhones({ server, store, ca, trusted: certificate.certificateDer })
  }

  get target(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.server.address.port }
  }

  async #mic(deviceName: string) {
    const { certificateDer, keyPair } = this.#ca
    const issuer = CertificateIssuer.create({
      certificateDer,
      privateKey: keyPair.privateKey,
      profile: 'mic',
      now: () => new Date(),
    })
    const { privateKey, publicKeyDer } = await generateKeyPair(P256)
    const subject = micSubject({ deviceName, model: '8861' })
    return { privateKey, certificateDer: (await issuer.issue({ subject, publicKeyDer })).certificateDer }
  }

  /** A phone, and the order of an EC key that waits for it. */
  async phone(authMode: AuthMode = 'null', init: Partial<PhoneInit> = {}): Promise<Phone> {
    const deviceName = `SEP${(0x020000000000 + this.#made++).toString(16).padStart(12, '0').toUpperCase()}`
    await this.#store.add([
      {
        ...{ name: deviceName, operation: 'install', authMode, keyOrder: 'ec', ecBits: 256 },
        ...(authMode === 'string' ? { authString: STRING } : {}),
      },
    ])
    return new Phone({
      ...{ deviceName, authMode, trusted: [this.#trusted], makeKey: generateKeyPair },
      ...(authMode === 'string' ? { authString: STRING } : {}),
      ...(authMode === 'mic' ? { mic: await this.#mic(deviceName) } : {}),
      // However busy the machine is, a phone that is in order gets its certificate at some time.
      options: { retries: 20, retryIntervalMs: 50 },
      ...init,
    })
  }

  order(fault: Fault): DisturbanceOrder {
    const { certificateDer, keyPair } = this.#ca
    return { fault, forge: forgeWith({ model: '8861', micCa: { certificateDer, privateKey: keyPair.privateKey } }) }
  }

  async row(phone: Phone): Promise<Device> {
    return (await this.#store.get(phone.deviceName))!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.cut()
    await this.server.close(0)
    await this.#store[Symbol.asyncDispose]()
  }
}
