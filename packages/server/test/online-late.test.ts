import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseCsr } from '@capfkit/pki'
import t from 'tap'
import { type EnrolAnswer, EnrolError } from '../src/issuers/enrol.ts'
import { callsAtOnce } from '../src/issuers/late-answers.ts'
import type { RequestStore } from '../src/store/requests.ts'
import { SqliteDeviceStore } from '../src/store/sqlite.ts'
import { answerOf, enrolled, onlineCa, signed, slowCa } from './ca-behind-enrol.ts'
import { later, NOW } from './certificates.ts'
import { keptIn } from './kept-requests.ts'
import { obey, type ScriptedPhone, storedOn } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()
const newKey = signing()

const online = (options = {}) => ({ issuer: 'online', ...options }) as const
const until = async (isSo: () => Promise<boolean> | boolean) => {
  while (!(await isSo())) await delay(2)
}
const isIn = (requests: RequestStore, state: string) => async () => (await keptIn(requests)).some(kept => kept.state === state)

/** Up to the moment when the CA has the request. */
const toCa = async (phone: ScriptedPhone, { name, key = phoneKey }: { name: string; key?: ReturnType<typeof signing> }) => {
  await phone.greet(name)
  await phone.expect('KEY_GENERATE_REQUEST')
  phone.say(key.answers.KEY_GENERATE_REQUEST())
  phone.say(key.answers.SIGN_CERTIFICATE_REQUEST(await phone.expect('SIGN_CERTIFICATE_REQUEST')))
}

/** A phone that still has its key: it takes the certificate at once, and no other message comes before. */
const takesItAtOnce = async (phone: ScriptedPhone, name: string) => {
  await phone.greet(name)
  const { certificate } = await phone.expect('STORE_CERTIFICATE_REQUEST')
  phone.say({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 1 })
  return { certificateDer: certificate.certificateDer, reason: await phone.reason() }
}

t.test('a phone vanishes while the CA works: the answer is kept, and goes to the phone when it comes again', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  const phone = await server.phone()
  await toCa(phone, { name })
  const { request, sign } = await next()
  phone.reset()
  t.match(await server.summary(name), { status: 'CAPF_OP_FAIL_PHONE_COMM_ERROR', state: 'AWAIT_CA_CERT_RESP' })
  t.match(await server.row(name), { operation: 'install', status: 13 })
  t.equal(request.signal.aborted, false, 'the CA is let finish')

  t.equal(await server.session(name), 0, 'who comes before the answer is told to come again')
  t.match(await server.row(name), { operation: 'install', status: 16 })
  sign()
  await until(isIn(server.store.requests, 'issued'))
  const { reason } = await takesItAtOnce(await server.phone(), name)
  t.equal(reason, 1)
  t.match(await server.row(name), { operation: 'none', status: 3 })
  t.equal(ca.asked.length, 1)
  t.equal(await server.store.requests.count(), 0)
})

t.test('a phone that cannot use the certificate of before says so, and begins anew the next time', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  const phone = await server.phone()
  await toCa(phone, { name })
  const first = await next()
  phone.reset()
  first.sign()
  await until(isIn(server.store.requests, 'issued'))

  t.equal(await server.session(name, { STORE_CERTIFICATE_REQUEST: () => ({ name: 'STORE_CERTIFICATE_RESPONSE', reason: 7 }) }), 7)
  t.match(await server.row(name), { operation: 'install', status: 6 })
  const [stale, ...others] = await keptIn(server.store.requests)
  t.match({ stale, others }, { stale: { state: 'stale', deviceName: name }, others: [] }, 'and the certificate is a stale LSC')

  const session = server.session(name, newKey.answers)
  ;(await next()).sign()
  t.equal(await session, 1)
  t.match(await server.row(name), { operation: 'none', status: 3 })
  t.equal((await keptIn(server.store.requests)).length, 1, 'the stale LSC stays in the list')
})

t.test('a phone that vanishes with its certificate on the way gets it once more', async t => {
  const server = await serve(t, { options: online(), onlineCa: onlineCa() })
  const name = await server.device()
  const phone = await server.phone()
  await toCa(phone, { name })
  await phone.expect('STORE_CERTIFICATE_REQUEST')
  phone.reset()
  t.match(await server.summary(name), { state: 'AWAIT_STORE_CERT_RESP' })
  const again = await takesItAtOnce(await server.phone(), name)
  t.strictSame(again, { certificateDer: storedOn(phone), reason: 1 })
})

t.test('a CA that never answers: its own status after its time-out, and the phone begins anew', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online({ caTimeoutMs: 40, caLateMs: 40 }), onlineCa: ca })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 7)
  t.match(await server.row(name), { operation: 'install', status: 15 })
  t.match(await server.summary(name), { state: 'AWAIT_CA_CERT_RESP', detail: /^40 ms: .*CA_TIMEOUT/ })
  const { request } = await next()
  await until(() => request.signal.aborted)
  await until(async () => (await server.store.requests.count()) === 0)

  const patient = await serve(t, { store: server.store, options: online(), onlineCa: ca })
  const session = patient.session(name, newKey.answers)
  ;(await next()).sign()
  t.equal(await session, 1)
})

t.test('a late answer is taken', async t => {
  await t.test('when the phone has not come yet: it has kept its key', async t => {
    const { ca, next } = slowCa()
    const server = await serve(t, { options: online({ caTimeoutMs: 40 }), onlineCa: ca })
    const name = await server.device()
    t.equal(await server.session(name, phoneKey.answers), 7)
    ;(await next()).sign()
    await until(isIn(server.store.requests, 'issued'))
    t.equal((await takesItAtOnce(await server.phone(), name)).reason, 1)
  })

  await t.test('as a stale LSC when the phone has made another key', async t => {
    const { ca, next } = slowCa()
    const server = await serve(t, { options: online({ caTimeoutMs: 40 }), onlineCa: ca })
    const name = await server.device()
    t.equal(await server.session(name, phoneKey.answers), 7)
    const late = await next()
    const patient = await serve(t, { store: server.store, options: online(), onlineCa: ca })
    const phone = await patient.phone()
    const session = obeyed(phone, name)
    const inTime = await next()
    inTime.sign()
    t.equal(await session, 1)
    late.sign()
    await until(isIn(server.store.requests, 'stale'))
    const [stale] = await keptIn(server.store.requests)
    t.strictSame(parseCsr(stale!.csrDer).publicKeyDer, phoneKey.publicKeyDer)
    t.strictSame((await server.row(name)).certificate?.certificateDer, storedOn(phone), 'and the row has the certificate in use')
  })

  await t.test('and one that says nothing leaves nothing', async t => {
    const answers: (() => Promise<EnrolAnswer>)[] = [
      async () =>
        Promise.reject(new EnrolError('Denied', { failure: 'denied', libest: { number: 11, name: 'EST_ERR_HTTP_UNSUPPORTED' } })),
      async () => ({ status: 'issued', certificatesDer: [], pkcs7Bytes: 0 }),
      async () => Promise.reject(new Error('broke')),
    ]
    for (const late of answers) {
      const { ca, next } = slowCa()
      const server = await serve(t, { options: online({ caTimeoutMs: 40 }), onlineCa: ca })
      t.equal(await server.session(await server.device(), phoneKey.answers), 7)
      ;(await next()).answer(late())
      await until(async () => (await server.store.requests.count()) === 0)
    }
  })
})

t.test('an officer has to decide, says a CA late: its request waits for him, and the phone with it', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online({ caTimeoutMs: 40 }), onlineCa: ca, pollMs: 5 })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 7)
  ;(await next()).answer({ status: 'pending', retryAfterMs: 60_000 })
  await until(isIn(server.store.requests, 'waiting'))
  t.match(await keptIn(server.store.requests), [{ isUndecided: true }])
  server.clock.now = later(60_001)
  ;(await next()).sign()
  await until(isIn(server.store.requests, 'issued'))
  t.equal((await takesItAtOnce(await server.phone(), name)).reason, 1)
})

t.test('of a CA that answers nobody in time only so many calls are heard out', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online({ caTimeoutMs: 10, caConcurrency: 1 }), onlineCa: ca })
  const calls: Awaited<ReturnType<typeof next>>[] = []
  for (let late = 0; late < callsAtOnce(1); late++) {
    t.equal(await server.session(await server.device(), phoneKey.answers), 7)
    calls.push(await next())
  }
  t.strictSame(
    calls.map(({ request }) => request.signal.aborted),
    [true, false, false, false],
    'the oldest is given up',
  )
  await server.server.close(0)
  t.ok(
    calls.every(({ request }) => request.signal.aborted),
    'and all of them with the server',
  )
  t.equal(await server.store.requests.count(), 0)
})

const obeyed = async (phone: ScriptedPhone, name: string) => {
  await phone.greet(name)
  return obey(phone, newKey.answers)
}

t.test('the CA answers with the certificate of an older request of the same phone: a stale LSC, and the order stays', async t => {
  const older: Buffer[] = []
  const ca = onlineCa(async request => {
    older.push(request.csrDer)
    if (older.length === 1) return { status: 'pending', retryAfterMs: 3_600_000 }
    return answerOf(await signed(older[0]!))
  })
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  await server.store.change(name, { operation: 'install' })
  t.equal(await server.session(name, newKey.answers), 7)
  t.match(await server.row(name), { operation: 'install', status: 16, certificate: undefined })
  t.match(await server.summary(name), { detail: /CA_OTHER_KEY/ })
  const [stale, ...others] = await keptIn(server.store.requests)
  t.match({ stale, others }, { stale: { state: 'stale' }, others: [] })
  t.strictSame(parseCsr(stale!.csrDer).publicKeyDer, phoneKey.publicKeyDer)
})

t.test('of two sessions of one phone one has the device, also while the CA works', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  const phone = await server.phone()
  await toCa(phone, { name })
  const { sign } = await next()
  t.equal(await server.session(name, newKey.answers), 7)
  t.match(await server.summary(name), { detail: 'another session has this device' })
  sign()
  t.equal(await obey(phone), 1)
  t.equal(ca.asked.length, 1)
})

t.test('the server ends while the CA works: the next one asks again, and the phone gets its certificate', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-restart-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const open = (now: Date) => new SqliteDeviceStore({ file: join(folder, 'capf.db'), now: () => now.getTime() })
  const { ca, next } = slowCa()
  const first = await serve(t, { store: open(NOW), options: online(), onlineCa: ca })
  const name = await first.device()
  const phone = await first.phone()
  await toCa(phone, { name })
  const { request } = await next()
  await first.server.close(0)
  t.equal(request.signal.aborted, true)
  t.match(await first.summary(name), { detail: 'the server stops', status: 'CAPF_OP_FAIL_PHONE_COMM_ERROR' })
  await first.store[Symbol.asyncDispose]()

  const after = later(10 * 60_000)
  const second = await serve(t, { store: open(after), options: online(), onlineCa: ca, now: () => after, pollMs: 5 })
  const again = await next()
  t.strictSame(again.request.csrDer, request.csrDer, 'the same request')
  again.sign()
  await until(isIn(second.store.requests, 'issued'))
  t.equal((await takesItAtOnce(await second.phone(), name)).reason, 1)
  t.match(await second.row(name), { operation: 'none', status: 3 })
})

t.test('a certificate that has ended before the phone came is not stored: the phone begins anew', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  const phone = await server.phone()
  await toCa(phone, { name })
  const { sign } = await next()
  phone.reset()
  sign()
  await until(isIn(server.store.requests, 'issued'))
  server.clock.now = later(366 * 86_400_000)
  const session = server.session(name, newKey.answers)
  const anew = await next()
  t.strictSame(parseCsr(anew.request.csrDer).publicKeyDer, newKey.publicKeyDer)
  anew.answer(enrolled(anew.request))
  t.equal(await session, 1)
})
