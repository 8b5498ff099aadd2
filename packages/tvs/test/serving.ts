import { once } from 'node:events'
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { encode, FrameReader, type Message } from '@capfkit/codec/tvs'
import { createLog } from '@capfkit/listen'
import { CertificateStore, type SessionSummary, TvsServer, type TvsServerInit } from '@capfkit/tvs'
import type { Test } from 'tap'
import { capf, NOW, tvs } from './certificates.ts'

export const CAPF_ROLE = 4
export const DAY_SECONDS = 86_400

/** What is answered about the CAPF certificate unless a test gives the server another store. */
export const valid = (sessionId: number): Message => ({
  name: 'VERIFY_RESPONSE',
  sessionId,
  status: 0,
  roles: [CAPF_ROLE],
  ttlSeconds: DAY_SECONDS,
})
export const invalid = (sessionId: number): Message => ({ name: 'VERIFY_RESPONSE', sessionId, status: 1 })

export const ask = (sessionId: number, certificateDer = capf): Buffer =>
  encode({ name: 'VERIFY_REQUEST', sessionId, certificateDer, deviceName: 'CP-8861-SEP001122334455' })

/** A client that sends what it is told to, byte by byte if need be. */
export class RawClient {
  readonly socket: TLSSocket
  /** What came, a chunk a TLS record. */
  readonly records: Buffer[] = []
  readonly messages: Message[] = []
  readonly closed: Promise<void>
  readonly #reader = new FrameReader()

  private constructor(socket: TLSSocket) {
    this.socket = socket
    this.closed = new Promise(resolve => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.on('data', chunk => {
      this.records.push(chunk)
      this.messages.push(...this.#reader.push(chunk))
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.setNoDelay(true)
    await once(socket, 'secureConnect')
    return new RawClient(socket)
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Until so many answers have come, or the connection is closed. */
  async answers(count: number): Promise<Message[]> {
    let isClosed = false
    void this.closed.then(() => {
      isClosed = true
    })
    while (this.messages.length < count && !isClosed) await delay(1)
    return this.messages
  }
}

export type Serving = Awaited<ReturnType<typeof serve>>

/** A server on a free port of the loopback, on a clock that stands still; it ends with the test. */
export const serve = async (t: Test, { options, ...init }: Partial<TvsServerInit> = {}) => {
  const clock = { now: NOW }
  const summaries: SessionSummary[] = []
  const logText: string[] = []
  const destination = new Writable({
    write: (chunk, _, done) => {
      logText.push(String(chunk))
      done()
    },
  })
  const server = await TvsServer.start({
    store: new CertificateStore([{ certificateDer: capf, roles: [CAPF_ROLE] }]),
    certificate: tvs,
    log: createLog({ level: 'debug', destination }),
    now: () => clock.now,
    ...init,
    onSession: summary => summaries.push(summary),
    options: { listen: '127.0.0.1:0', ...options },
  })
  t.teardown(() => server.close(0))
  return {
    server,
    clock,
    summaries,
    logLines: () =>
      logText
        .join('')
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line)),
    client: () => RawClient.connect(server.address.port),
    /** Wait until no connection is left. */
    quiet: async () => {
      while (server.connections > 0) await delay(1)
    },
  }
}
