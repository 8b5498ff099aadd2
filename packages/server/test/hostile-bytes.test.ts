import { encode, MESSAGE_NAMES, type Message } from '@capfkit/codec/capf'
import fc from 'fast-check'
import t from 'tap'
import type { Operation } from '../src/device.ts'
import type { State } from '../src/machine.ts'
import { OP_STATUS } from '../src/status.ts'
import { publicKey } from './certificates.ts'
import { inSession, recordedFrames, recordingNames } from './recordings.ts'
import { DEVICE, type SessionWithout, sessionWithout } from './session-harness.ts'

const SESSION_ID = 7
const RUNS = 250

const says = (message: object) => encode({ sessionId: SESSION_ID, ...message } as Message)
const AUTH = says({ name: 'AUTH_RESPONSE', version: 3, deviceName: DEVICE })
const KEY = says({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey({ type: 'rsa', bits: 2048 }) })
const OFFER = says({ name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey({ type: 'rsa', bits: 2048 }), digestType: 2 })
const STORED = says({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })

type Place = { operation: Operation; gate?: 'claim' | 'issue' | 'settle'; walk(session: SessionWithout): Promise<void> }

const toKey = async ({ session, until }: SessionWithout) => {
  session.receive(AUTH)
  await until('KEY_GENERATE_REQUEST')
}
const toStore = async (harness: SessionWithout) => {
  await toKey(harness)
  harness.session.receive(KEY)
  await harness.until('STORE_CERTIFICATE_REQUEST')
}

/** How a session is brought to each state in which bytes can arrive. */
const PLACES: Readonly<Record<Exclude<State, 'IDLE' | 'CLOSED'>, Place>> = {
  AWAIT_AUTH_RESP: { operation: 'install', walk: async () => {} },
  AWAIT_DEVICE_RESP: {
    operation: 'install',
    gate: 'claim',
    walk: async ({ session, gates }) => {
      session.receive(AUTH)
      await gates.reached
    },
  },
  AWAIT_KEY_GEN_RESP: { operation: 'install', walk: toKey },
  AWAIT_SIGN_CERT_RESP: {
    operation: 'install',
    walk: async harness => {
      await toKey(harness)
      harness.session.receive(OFFER)
      await harness.until('SIGN_CERTIFICATE_REQUEST')
    },
  },
  AWAIT_CA_CERT_RESP: {
    operation: 'install',
    gate: 'issue',
    walk: async harness => {
      await toKey(harness)
      harness.session.receive(KEY)
      await harness.gates.reached
    },
  },
  AWAIT_STORE_CERT_RESP: { operation: 'install', walk: toStore },
  AWAIT_FETCH_CERT_RESP: {
    operation: 'troubleshoot',
    walk: async ({ session, until }) => {
      session.receive(AUTH)
      await until('FETCH_CERTIFICATE_REQUEST')
    },
  },
  AWAIT_DELETE_CERT_RESP: {
    operation: 'delete',
    walk: async ({ session, until }) => {
      session.receive(AUTH)
      await until('DELETE_CERTIFICATE_REQUEST')
    },
  },
  AWAIT_DB_RESP: {
    operation: 'install',
    gate: 'settle',
    walk: async harness => {
      await toStore(harness)
      harness.session.receive(STORED)
      await harness.gates.reached
    },
  },
}

const recorded = recordingNames()
  .flatMap(recordedFrames)
  .map(({ bytes }) => inSession(SESSION_ID, bytes))

/** A recorded frame with some bytes changed, cut, or doubled: most of it still looks right. */
const mutated = fc
  .record({
    frame: fc.constantFrom(...recorded),
    changes: fc.array(fc.record({ at: fc.nat(3000), byte: fc.nat(255) }), { maxLength: 3 }),
    cut: fc.option(fc.nat(3000), { nil: undefined, freq: 4 }),
    twice: fc.boolean(),
  })
  .map(({ frame, changes, cut, twice }) => {
    const bytes = Buffer.from(frame)
    for (const { at, byte } of changes) bytes[at % bytes.length] = byte
    const kept = bytes.subarray(0, cut)
    return twice ? Buffer.concat([kept, kept]) : kept
  })

const anyChunk = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)) },
  { weight: 4, arbitrary: mutated },
  { weight: 3, arbitrary: fc.constantFrom(...recorded, AUTH, KEY, STORED) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...MESSAGE_NAMES).map(name => {
      const reason = name.endsWith('_RESPONSE') ? { reason: 1 } : {}
      try {
        return says({ name, ...reason })
      } catch {
        return Buffer.of(0x55)
      }
    }),
  },
)

/** Every byte is given, and then the phone is gone. */
const attack = async (place: Place, chunks: readonly Buffer[]) => {
  const harness = await sessionWithout(place)
  await place.walk(harness)
  for (const chunk of chunks) {
    harness.session.receive(chunk)
    // What the store or the CA answers comes between, as it would over a network.
    await undefined
  }
  harness.session.hangUp()
  harness.gates.open()
  await harness.session.over
  return harness
}

const complaint = async (place: Place, { summaries, store, ends, said, orphans }: SessionWithout): Promise<string | undefined> => {
  if (summaries.length !== 1) return `${summaries.length} summaries`
  if (ends.length !== 1) return `ended ${ends.length} times`
  if (orphans.length > 0) return 'a lease was left behind'
  if (said.slice(0, -1).some(({ name }) => name === 'END_SESSION')) return 'it went on after END_SESSION'
  const { status, detail } = summaries[0]!
  const row = (await store.get(DEVICE))!
  const isDone = status !== undefined && OP_STATUS[status].code <= 1
  if (!isDone && detail === undefined) return 'nobody says what went wrong'
  if (row.operation !== (isDone ? 'none' : place.operation)) return `the order is ${row.operation} after ${status}`
  if (status !== undefined && row.status !== OP_STATUS[status][place.operation as 'install'])
    return `status ${row.status} after ${status}`
  if (isDone || (await store.claim({ name: DEVICE, node: 'node', token: 'next' }))) return undefined
  return 'the device is not free'
}

for (const [state, place] of Object.entries(PLACES)) {
  t.test(`no bytes in ${state} do harm: the session ends once, the order is kept or carried out, the device is free`, async t => {
    const property = fc.asyncProperty(fc.array(anyChunk, { minLength: 1, maxLength: 4 }), async chunks => {
      const wrong = await complaint(place, await attack(place, chunks))
      if (wrong !== undefined) throw new Error(wrong)
    })
    await fc.assert(property, { numRuns: RUNS })
    t.pass(`${RUNS} attacks`)
  })
}
