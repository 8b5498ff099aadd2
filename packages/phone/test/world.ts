import { type MessageOf, REASON } from '@capfkit/codec/capf'
import {
  type Authority,
  CertificateIssuer,
  generateKeyPair,
  type KeySpec,
  lscSubject,
  micSubject,
  newCapfCa,
  newManufacturingCa,
} from '@capfkit/pki'
import { type Credential, Phone, type PhoneInit } from '../src/index.ts'
import { type Peer, type Script, ScriptedServer } from './scripted-server.ts'

export const DEVICE = 'SEP001122334455'
export const RSA: KeySpec = { type: 'rsa', bits: 2048 }
export const P256: KeySpec = { type: 'ec', curve: 'secp256r1' }

const now = () => new Date()

/** A CAPF server that plays scripts, with its CA, and phones that trust it. */
export class World implements AsyncDisposable {
  readonly ca: Authority
  readonly server: ScriptedServer
  readonly #issuer: CertificateIssuer
  readonly #micIssuer: CertificateIssuer

  private constructor(init: { ca: Authority; server: ScriptedServer; issuer: CertificateIssuer; micIssuer: CertificateIssuer }) {
    this.ca = init.ca
    this.server = init.server
    this.#issuer = init.issuer
    this.#micIssuer = init.micIssuer
  }

  static async start(): Promise<World> {
    const [ca, manufacturer] = await Promise.all([newCapfCa({ now }), newManufacturingCa({ now, keySpec: P256 })])
    const issuer = await issuerOf(ca, 'lsc')
    const micIssuer = await issuerOf(manufacturer, 'mic')
    return new World({ ca, issuer, micIssuer, server: await ScriptedServer.start(ca) })
  }

  async lscFor(publicKeyDer: Buffer): Promise<Buffer> {
    const subject = lscSubject({ deviceName: DEVICE, issuer: this.ca.subject })
    return (await this.#issuer.issue({ subject, publicKeyDer })).certificateDer
  }

  async newLsc(spec = P256): Promise<Credential> {
    const { privateKey, publicKeyDer } = await generateKeyPair(spec)
    return { privateKey, certificateDer: await this.lscFor(publicKeyDer) }
  }

  async newMic(spec = RSA): Promise<Credential> {
    const { privateKey, publicKeyDer } = await generateKeyPair(spec)
    const subject = micSubject({ deviceName: DEVICE, model: '8861' })
    return { privateKey, certificateDer: (await this.#micIssuer.issue({ subject, publicKeyDer })).certificateDer }
  }

  /** A phone that trusts this server and makes real keys, with whatever else is given. */
  phone(init: Partial<PhoneInit> = {}): Phone {
    return new Phone({
      deviceName: DEVICE,
      authMode: 'null',
      trusted: [this.server.certificateDer],
      makeKey: generateKeyPair,
      ...init,
    })
  }

  /** One session of a phone with a server that plays this script. */
  async session(script: Script, phone = this.phone()) {
    this.server.errors.length = 0
    this.server.script = script
    const result = await phone.runSession(this.server.target)
    return { phone, result, peer: this.server.last, scriptErrors: this.server.errors }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}

const issuerOf = (authority: Authority, profile: 'lsc' | 'mic') =>
  CertificateIssuer.create({ certificateDer: authority.certificateDer, privateKey: authority.keyPair.privateKey, profile, now })

/** AUTH_REQUEST and its answer. */
export const greet = (peer: Peer): Promise<MessageOf<'AUTH_RESPONSE'>> => {
  peer.say({ name: 'AUTH_REQUEST', version: 3, authType: 0 })
  return peer.hear('AUTH_RESPONSE')
}

export const goodbye = (peer: Peer, reason: number = REASON.DONE): void => {
  peer.say({ name: 'END_SESSION', reason })
  peer.socket.end()
}

/** What KEY_GENERATE_REQUEST says for each kind of key that the tests use. */
export const KEY_REQUESTS = {
  'rsa:2048': { keySizeBits: 2048, keyType: 0 },
  'rsa without KEY_TYPE': { keySizeBits: 2048 },
  'ec:p256': { keyType: 1, curve: 0 },
  'ec:p384': { keyType: 1, curve: 1 },
  'ec:p521': { keyType: 1, curve: 2 },
} as const

/** From KEY_GENERATE_REQUEST to STORE_CERTIFICATE_RESPONSE. */
export const install = async (peer: Peer, what: { world: World; key?: keyof typeof KEY_REQUESTS; certificateDer?: Buffer }) => {
  peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS[what.key ?? 'ec:p256'] })
  const { publicKeyDer } = await peer.hear('KEY_GENERATE_RESPONSE')
  const certificateDer = what.certificateDer ?? (await what.world.lscFor(publicKeyDer!))
  const certificate = { certificateType: 1, certificateDer }
  peer.say({ name: 'STORE_CERTIFICATE_REQUEST', certificateType: 1, certificate })
  const { reason } = await peer.hear('STORE_CERTIFICATE_RESPONSE')
  return { certificateDer, reason }
}
