import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { formatCompletesBy } from '../src/device.ts'
import { MemoryDeviceStore } from '../src/store/memory.ts'
import type { Lease, Outcome } from '../src/store/store.ts'
import { later, NOW, publicKey } from './certificates.ts'
import { obey, type Said, type ScriptedPhone } from './scripted-phone.ts'
import { serve } from './serving.ts'

const KEY = { name: 'KEY_GENERATE_RESPONSE', publicKeyDer: publicKey({ type: 'rsa', bits: 2048 }) } as const

/** A store whose outcomes wait for a gate: what happens meanwhile can be looked at. */
class GatedStore extends MemoryDeviceStore {
  readonly gate = Promise.withResolvers<void>()
  readonly asked = Promise.withResolvers<Outcome>()

  override async settle(lease: Lease, outcome: Outcome): Promise<boolean> {
    this.asked.resolve(outcome)
    await this.gate.promise
    return super.settle(lease, outcome)
  }
}

// [CAPF-3.4]
t.test('the outcome is in the store before END_SESSION is sent, and END_SESSION waits for it', async t => {
  const store = new GatedStore({ now: () => NOW.getTime() })
  const server = await serve(t, { store })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  phone.say(KEY)
  await phone.expect('STORE_CERTIFICATE_REQUEST')
  phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  t.match(await store.asked.promise, { status: 3, fulfilled: true })
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  t.equal(phone.heard.length, 3, 'the phone has heard nothing yet')
  t.match(await server.row(name), { operation: 'install', status: 2 }, 'and the row is as it was')
  store.gate.resolve()
  await phone.expect('END_SESSION')
  t.match(await server.row(name), { operation: 'none', status: 3 }, 'written when END_SESSION arrives')
})

t.test('a phone that hangs up while its success is written has had its success', async t => {
  const store = new GatedStore({ now: () => NOW.getTime() })
  const server = await serve(t, { store })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  phone.say(KEY)
  await phone.expect('STORE_CERTIFICATE_REQUEST')
  phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  await store.asked.promise
  phone.reset()
  await server.quiet()
  store.gate.resolve()
  t.match(await server.summary(name), { status: 'CAPF_OP_SUCCESS', reason: undefined, detail: undefined })
  t.match(await server.row(name), { operation: 'none', status: 3 })
})

t.test('a store that is silent while the outcome is written ends the session, and nothing is said to be written', async t => {
  const store = new GatedStore({ now: () => NOW.getTime() })
  const server = await serve(t, { store, options: { replyTimeoutMs: 300 } })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  t.equal(await obey(phone), 7)
  t.match(await server.summary(name), { operation: 'install', status: undefined, reason: 7, detail: 'no answer for 300 ms' })
  store.gate.resolve()
})

type Failure = { what: string; status: number; state: string; fail(phone: ScriptedPhone): void | Promise<void>; says?: number }

const atKey = (then: (phone: ScriptedPhone) => void) => async (phone: ScriptedPhone) => {
  await phone.expect('KEY_GENERATE_REQUEST')
  then(phone)
}
const atStore = (then: (phone: ScriptedPhone) => void) => async (phone: ScriptedPhone) => {
  await phone.expect('KEY_GENERATE_REQUEST')
  phone.say(KEY)
  await phone.expect('STORE_CERTIFICATE_REQUEST')
  then(phone)
}
const say = (said: Said) => (phone: ScriptedPhone) => phone.say(said)

const AWAIT_KEY = 'AWAIT_KEY_GEN_RESP'
const AWAIT_STORE = 'AWAIT_STORE_CERT_RESP'
const FAILURES: readonly Failure[] = [
  { what: 'hangs up before its key', status: 13, state: AWAIT_KEY, fail: atKey(phone => phone.hangUp()) },
  { what: 'is reset before its key', status: 13, state: AWAIT_KEY, fail: atKey(phone => phone.reset()) },
  { what: 'ends the session itself', status: 13, state: AWAIT_KEY, fail: atKey(say({ name: 'END_SESSION', reason: 7 })) },
  {
    what: 'says that it made no key',
    status: 14,
    state: AWAIT_KEY,
    fail: atKey(say({ name: 'KEY_GENERATE_RESPONSE', reason: 7 })),
    says: 7,
  },
  { what: 'answers with another message', status: 13, state: AWAIT_KEY, fail: atKey(say({ name: 'ABORT_REQUEST' })), says: 7 },
  {
    what: 'could not store its certificate',
    status: 6,
    state: AWAIT_STORE,
    fail: atStore(say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 7 })),
    says: 7,
  },
  { what: 'vanishes with its certificate', status: 13, state: AWAIT_STORE, fail: atStore(phone => phone.reset()) },
]

for (const { what, status, state, fail, says } of FAILURES) {
  t.test(`a phone that ${what} keeps its order, and the next try succeeds`, async t => {
    const server = await serve(t)
    const name = await server.device({ authMode: 'string', authString: '123456' })
    const phone = await server.phone()
    await phone.greet(name, { password: '123456' })
    await fail(phone)
    if (says !== undefined) t.equal(await phone.reason(), says)
    t.match(await server.summary(name), { deviceName: name, operation: 'install', state, detail: /./ })
    t.match(await server.row(name), { operation: 'install', status, authString: '123456', certificate: undefined })

    const again = await server.phone()
    await again.greet(name, { password: '123456' })
    t.equal(await obey(again), 1)
    t.match(await server.row(name), { operation: 'none', status: 3 })
  })
}

// [CAPF-5.2], [CAPF-3.3]
t.test('a silent phone is not waited for, and the making of a key has its own patience', async t => {
  const server = await serve(t, { options: { replyTimeoutMs: 300, keyGenerationTimeoutMs: 400 } })
  const [auth, key, store] = [await server.device(), await server.device(), await server.device()]

  const mute = await server.phone()
  await mute.expect('AUTH_REQUEST')
  t.equal(await mute.reason(), 7)
  t.match(await server.summary(), { deviceName: undefined, state: 'AWAIT_AUTH_RESP', detail: 'no answer for 300 ms' })
  t.match(await server.row(auth), { operation: 'install', status: 2 })

  const noKey = await server.phone()
  await noKey.greet(key)
  await noKey.expect('KEY_GENERATE_REQUEST')
  t.equal(await noKey.reason(), 7)
  t.match(await server.summary(key), { state: AWAIT_KEY, detail: 'no answer for 400 ms', status: 'CAPF_OP_FAIL_OP_TIMED_OUT' })
  t.match(await server.row(key), { operation: 'install', status: 14 })

  const noStore = await server.phone()
  await noStore.greet(store)
  await noStore.expect('KEY_GENERATE_REQUEST')
  noStore.say(KEY)
  await noStore.expect('STORE_CERTIFICATE_REQUEST')
  t.equal(await noStore.reason(), 7)
  t.match(await server.summary(store), { state: AWAIT_STORE, detail: 'no answer for 300 ms' })
  t.match(await server.row(store), { operation: 'install', status: 13 })
})

t.test('REQUEST_IN_PROGRESS starts the patience for the key anew', async t => {
  const server = await serve(t, { options: { keyGenerationTimeoutMs: 1000 } })
  const phone = await server.phone()
  await phone.greet(await server.device())
  await phone.expect('KEY_GENERATE_REQUEST')
  for (let beat = 0; beat < 6; beat++) {
    await delay(200)
    phone.say({ name: 'REQUEST_IN_PROGRESS' })
  }
  phone.say(KEY)
  t.equal(await obey(phone), 1)
})

t.test('the whole session has an end too, whatever the phone sends, and its outcome is written', async t => {
  const server = await serve(t, { options: { sessionTimeoutMs: 600 } })
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  const beats = setInterval(() => phone.say({ name: 'REQUEST_IN_PROGRESS' }), 20)
  t.equal(await phone.reason(), 7)
  clearInterval(beats)
  t.match(await server.summary(name), {
    status: 'CAPF_OP_FAIL_OP_TIMED_OUT',
    detail: 'the session took longer than 600 ms',
  })
  t.match(await server.row(name), { operation: 'install', status: 14 })
})

t.test('two sessions for one device at once: one goes on, the other is refused and changes nothing', async t => {
  const server = await serve(t)
  const name = await server.device()
  const [first, second] = [await server.phone(), await server.phone()]
  await first.greet(name)
  await first.expect('KEY_GENERATE_REQUEST')
  await second.greet(name.toLowerCase())
  t.equal(await second.reason(), 7)
  t.match(await server.summary(), { operation: undefined, status: undefined, detail: 'another session has this device' })
  t.match(await server.row(name), { operation: 'install', status: 2 })
  first.say(KEY)
  t.equal(await obey(first), 1)
  t.match(await server.row(name), { operation: 'none', status: 3 })
})

t.test('twenty sessions for one device at once: exactly one certificate', async t => {
  const server = await serve(t)
  const name = await server.device()
  const reasons = await Promise.all(Array.from({ length: 20 }, () => server.session(name)))
  t.equal(reasons.filter(reason => reason === 1).length, 1)
  t.ok(
    reasons.every(reason => reason === 1 || reason === 7 || reason === 0),
    `${reasons}`,
  )
  t.match(await server.row(name), { operation: 'none', status: 3 })
})

t.test('an order that was changed during the session is the order afterwards', async t => {
  const server = await serve(t)
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  await server.store.change(name, { operation: 'delete' })
  phone.say(KEY)
  t.equal(await obey(phone), 1)
  t.match(await server.row(name), { operation: 'delete', status: 2 })
  t.equal(await server.session(name), 1)
  t.match(await server.row(name), { operation: 'none', status: 4 })
})

t.test('a device that is removed during its session: the phone is refused, and no row comes back', async t => {
  const server = await serve(t)
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  await server.store.remove(name)
  phone.say(KEY)
  t.equal(await obey(phone), 7)
  t.equal(await server.store.get(name), undefined)
  t.match(await server.summary(name), { status: undefined, detail: 'the device was removed or given to another node' })
})

t.test('Operation Completes By: until then as ordered, from then on late, each operation with its number', async t => {
  const server = await serve(t)
  const late = { install: 17, delete: 26, troubleshoot: 33 } as const
  for (const [operation, status] of Object.entries(late) as [keyof typeof late, number][]) {
    const name = await server.device({ operation, completesBy: formatCompletesBy(NOW) })
    t.equal(await server.session(name), 7, operation)
    t.match(await server.row(name), { operation, status })
    t.match(await server.summary(name), { status: 'CAPF_OP_FAIL_LATE_REQUEST', detail: /Operation Completes By .* has passed/ })
  }
  const name = await server.device({ completesBy: formatCompletesBy(later(60_000)) })
  t.equal(await server.session(name), 1, 'a minute before')
})

t.test('another key that was ordered during an install is still to be made afterwards', async t => {
  const server = await serve(t)
  const name = await server.device()
  const phone = await server.phone()
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  await server.store.change(name, { operation: 'install', keyOrder: 'ec' })
  phone.say(KEY)
  t.equal(await obey(phone), 1)
  t.match(await server.row(name), { operation: 'install', status: 2, keyOrder: 'ec' })
})
