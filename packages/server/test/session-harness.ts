import { FrameReader, type Message, type MessageName } from '@capfkit/codec/capf'
import { parseOptions } from '@capfkit/codec/options'
import { TrustStore } from '@capfkit/pki'
import type { Operation } from '../src/device.ts'
import { directIssuer } from '../src/issuers/embedded-ca.ts'
import type { Issued } from '../src/issuers/issuer.ts'
import { SERVER_OPTIONS } from '../src/options.ts'
import { Session } from '../src/session.ts'
import type { SessionContext, SessionSummary } from '../src/session-context.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import type { Lease, Outcome } from '../src/store/store.ts'
import { capf, later, manufacturer, NOW } from './certificates.ts'

export const DEVICE = 'SEP00000000C001'

type Gate = 'claim' | 'issue' | 'settle'

/** A memory store, and a CA, that answer only when their gate is opened. */
class Gates {
  readonly #closed: Gate | undefined
  readonly #opened = Promise.withResolvers<void>()
  readonly #reached = Promise.withResolvers<void>()

  constructor(closed: Gate | undefined) {
    this.#closed = closed
  }

  get reached(): Promise<void> {
    return this.#reached.promise
  }

  open(): void {
    this.#opened.resolve()
  }

  async pass(gate: Gate): Promise<void> {
    if (gate !== this.#closed) return
    this.#reached.resolve()
    await this.#opened.promise
  }
}

class GatedStore extends MemoryDeviceStore {
  readonly #gates: Gates

  constructor(gates: Gates) {
    super({ now: () => NOW.getTime() })
    this.#gates = gates
  }

  override async claim(lease: Lease) {
    await this.#gates.pass('claim')
    return super.claim(lease)
  }

  override async settle(lease: Lease, outcome: Outcome) {
    await this.#gates.pass('settle')
    return super.settle(lease, outcome)
  }
}

const trust = {
  lsc: new TrustStore({ anchors: [capf.certificateDer] }),
  mic: new TrustStore({ anchors: [manufacturer.certificateDer] }),
}

const issued: Issued = {
  certificateDer: capf.certificateDer,
  notAfter: later(1),
  issuerName: 'CN=TEST',
  issuerNotAfter: later(1),
}

/** One session without a network: what it is told and what it says are plain buffers. */
export const sessionWithout = async (given: { operation: Operation; gate?: Gate }) => {
  const gates = new Gates(given.gate)
  const store = new GatedStore(gates)
  await store.add([{ name: DEVICE, operation: given.operation }])
  await store.heartbeat('node', later(60_000).getTime())
  const summaries: SessionSummary[] = []
  const orphans: Lease[] = []
  const said: Message[] = []
  const reader = new FrameReader()
  const ends: (Buffer | undefined)[] = []
  const wake = { heard: Promise.withResolvers<void>() }
  const hear = (frame: Buffer) => {
    if (ends.length > 0) throw new Error('the session speaks after its end')
    said.push(...reader.push(frame))
    wake.heard.resolve()
    wake.heard = Promise.withResolvers()
  }
  const context: SessionContext = {
    store,
    issuer: {
      ...directIssuer(async () => {
        await gates.pass('issue')
        return issued
      }),
      requestInfo: () => Buffer.from('a CertificationRequestInfo'),
    },
    trust,
    options: parseOptions(SERVER_OPTIONS),
    trace: { write: () => {}, [Symbol.asyncDispose]: async () => {} },
    node: 'node',
    now: () => NOW,
    newSessionId: () => 7,
    newToken: () => 'token',
    orphan: lease => orphans.push(lease),
    ended: summary => summaries.push(summary),
  }
  const session = new Session(context, {
    remoteAddress: 'test',
    write: hear,
    end: frame => {
      if (frame) hear(frame)
      ends.push(frame)
      return true
    },
  })
  session.start()

  /** Wait until the session has said this. */
  const until = async (name: MessageName) => {
    while (said.at(-1)?.name !== name) await wake.heard.promise
  }
  return { session, store, gates, summaries, orphans, said, ends, until }
}

export type SessionWithout = Awaited<ReturnType<typeof sessionWithout>>
