import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { CERTIFICATE_TYPE, encode, FrameReader, type Message, type MessageName, type MessageOf, REASON } from '@capfkit/codec/capf'
import { CURVES, type Curve, type KeySpec } from '@capfkit/pki'
import { publicKey } from './certificates.ts'

/** A message before it has its session id. */
export type Said = { [N in MessageName]: Omit<MessageOf<N>, 'sessionId'> }[MessageName]

/** How a phone connects: TLS settings, and whether it keeps its side open when the server has closed. */
export type PhoneOptions = Omit<ConnectionOptions, 'port'> & { allowHalfOpen?: boolean }

/** A phone that says what a test tells it to, over real TLS, and remembers all that it hears. */
export class ScriptedPhone {
  readonly socket: TLSSocket
  /** What came, one TLS record each. */
  readonly records: Buffer[] = []
  readonly heard: Message[] = []
  /** Resolves when the connection has closed, in whatever way. */
  readonly closed: Promise<void>
  readonly #raw: Socket
  readonly #reader = new FrameReader()
  #read = 0
  #wake = Promise.withResolvers<void>()
  #isClosed = false

  private constructor(raw: Socket, socket: TLSSocket) {
    this.#raw = raw
    this.socket = socket
    this.closed = new Promise(resolve => socket.once('close', () => resolve()))
    socket.on('data', chunk => {
      this.records.push(chunk)
      this.heard.push(...this.#reader.push(chunk))
      this.#tell()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isClosed = true
      this.#tell()
    })
  }

  /** Rejects when the TLS handshake fails. */
  static async connect({ port, allowHalfOpen = false, ...options }: PhoneOptions & { port: number }): Promise<ScriptedPhone> {
    const raw = connectTcp({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen })
    const socket = connectTls({ socket: raw, rejectUnauthorized: false, ...options })
    const phone = new ScriptedPhone(raw, socket)
    await once(socket, 'secureConnect')
    return phone
  }

  #tell(): void {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
  }

  /** The next message; `undefined` when the server has closed. */
  async next(): Promise<Message | undefined> {
    while (this.heard.length === this.#read && !this.#isClosed) await this.#wake.promise
    return this.heard[this.#read++]
  }

  /** The next message, which must be this one. */
  async expect<N extends MessageName>(name: N): Promise<MessageOf<N>> {
    const message = await this.next()
    if (message?.name !== name) throw new Error(`expected ${name}, got ${JSON.stringify(message)}`)
    return message as MessageOf<N>
  }

  /** Session id of the server's first message. */
  get sessionId(): number {
    return this.heard[0]!.sessionId
  }

  say(said: Said): void {
    this.write(this.frame(said))
  }

  frame(said: Said): Buffer {
    return encode({ ...said, sessionId: this.sessionId } as Message)
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Wait for AUTH_REQUEST and answer it. */
  async greet(deviceName: string, answer: Partial<MessageOf<'AUTH_RESPONSE'>> = {}): Promise<void> {
    await this.expect('AUTH_REQUEST')
    this.say({ name: 'AUTH_RESPONSE', version: 3, reason: REASON.DONE, deviceName, ...answer })
  }

  /** REASON of the END_SESSION that must come next, after which the server closes. */
  async reason(): Promise<number> {
    const { reason } = await this.expect('END_SESSION')
    await this.closed
    return reason
  }

  /** FIN. */
  hangUp(): void {
    this.socket.end()
  }

  /** RST. */
  reset(): void {
    this.#raw.resetAndDestroy()
  }
}

/** The kind of key that a server asks for. */
export const wantedKey = ({ keyType, curve, keySizeBits }: MessageOf<'KEY_GENERATE_REQUEST'>): KeySpec => {
  if (keyType === 1) return { type: 'ec', curve: (Object.keys(CURVES) as Curve[])[curve!]! }
  return { type: 'rsa', bits: keySizeBits as 2048 }
}

const done = { reason: REASON.DONE }

/** What a good phone answers; a phone without a certificate says 7 when it is to show one. */
const ANSWERS: { readonly [N in MessageName]?: (message: MessageOf<N>) => Said } = {
  KEY_GENERATE_REQUEST: request => ({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey(wantedKey(request)) }),
  STORE_CERTIFICATE_REQUEST: () => ({ name: 'STORE_CERTIFICATE_RESPONSE', ...done }),
  FETCH_CERTIFICATE_REQUEST: () => ({ name: 'FETCH_CERTIFICATE_RESPONSE', reason: REASON.REFUSED }),
  DELETE_CERTIFICATE_REQUEST: () => ({ name: 'DELETE_CERTIFICATE_RESPONSE', ...done }),
}

/** Does what the server asks until END_SESSION, and gives its REASON; `answers` replaces single answers. */
export const obey = async (phone: ScriptedPhone, answers: typeof ANSWERS = {}): Promise<number> => {
  for (;;) {
    const message = await phone.next()
    if (!message) throw new Error('the server closed without END_SESSION')
    if (message.name === 'END_SESSION') {
      await phone.closed
      return message.reason
    }
    const answer = { ...ANSWERS, ...answers }[message.name]
    if (!answer) throw new Error(`a good phone has no answer to ${message.name}`)
    phone.say(answer(message as never))
  }
}

/** The certificate that a server told this phone to store. */
export const storedOn = (phone: ScriptedPhone): Buffer | undefined =>
  phone.heard.find(message => message.name === 'STORE_CERTIFICATE_REQUEST')?.certificate.certificateDer

export const showing = (certificateDer: Buffer, certificateType: number = CERTIFICATE_TYPE.LSC): Said => ({
  name: 'FETCH_CERTIFICATE_RESPONSE',
  ...done,
  certificate: { certificateType, certificateDer },
})
