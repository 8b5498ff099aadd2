import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type EnrolAnswer, EnrolError, type EnrolRequest } from '../src/issuers/enrol.ts'
import { enrolled, onlineCa } from './ca-behind-enrol.ts'
import { later } from './certificates.ts'
import { keptIn } from './kept-requests.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()
const newKey = signing()

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const pending = (retryAfterMs: number): EnrolAnswer => ({ status: 'pending', retryAfterMs })
const online = (options = {}) => ({ issuer: 'online', ...options }) as const
const until = async (isSo: () => Promise<boolean> | boolean) => {
  while (!(await isSo())) await delay(2)
}

/** A CA with an officer: what it says to everybody, until it is told something else. */
const officer = (first: (request: EnrolRequest) => Promise<EnrolAnswer>) => {
  const decision = { says: first }
  return { decision, ca: onlineCa(request => decision.says(request)) }
}

t.test('a CA that says "in a moment" is asked again within the session', async t => {
  const ca = onlineCa(async request => (ca.asked.length === 1 ? pending(1) : enrolled(request)))
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 1)
  t.equal(ca.asked.length, 2)
  t.strictSame(ca.asked[0]!.csrDer, ca.asked[1]!.csrDer, 'with the same request')
  t.match(await server.row(name), { operation: 'none', status: 3 })
})

t.test(
  'a request that an officer has to approve is asked for again when the CA has said, and its phone gets the certificate',
  async t => {
    const { ca, decision } = officer(async () => pending(HOUR_MS))
    const server = await serve(t, { options: online(), onlineCa: ca, pollMs: 5 })
    const name = await server.device()
    t.equal(await server.session(name, phoneKey.answers), 0)
    t.match(await server.row(name), { operation: 'install', status: 16 })
    t.match(await server.summary(name), { state: 'AWAIT_CA_CERT_RESP', detail: /again in 3600 s.*CA_PENDING/ })
    server.summaries.length = 0

    t.equal(await server.session(name, newKey.answers), 0, 'a phone that comes too early is not told to make another key')
    t.match(await server.summary(name), {
      detail: /^the request of 2026-12-01T00:00:00.000Z: .*CA_PENDING/,
      state: 'AWAIT_DEVICE_RESP',
    })
    t.equal(ca.asked.length, 1)

    server.clock.now = later(HOUR_MS + 1)
    await until(() => ca.asked.length === 2)
    await until(async () => ((await keptIn(server.store.requests))[0]?.dueMs ?? 0) > later(2 * HOUR_MS).getTime())
    decision.says = enrolled
    server.clock.now = later(2 * HOUR_MS + 2)
    await until(async () => (await keptIn(server.store.requests))[0]?.state === 'issued')
    t.strictSame(ca.asked[2]!.csrDer, ca.asked[0]!.csrDer)

    t.equal(await server.session(name), 1)
    t.match(await server.row(name), { operation: 'none', status: 3 })
  },
)

t.test('what an officer approves after the phone has made another key is a stale LSC', async t => {
  const { ca, decision } = officer(async () => pending(HOUR_MS))
  const server = await serve(t, { options: online(), onlineCa: ca, pollMs: 5 })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  await server.store.change(name, { operation: 'install' })
  decision.says = enrolled
  t.equal(await server.session(name, newKey.answers), 1)
  t.match(await keptIn(server.store.requests), [{ state: 'superseded', isUndecided: true }])
  server.clock.now = later(HOUR_MS + 1)
  await until(async () => (await keptIn(server.store.requests))[0]?.state === 'stale')
  t.strictSame(ca.asked[2]?.csrDer, ca.asked[0]?.csrDer)
  t.match(await server.row(name), { operation: 'none', status: 3 })
})

t.test('Retry-After is taken within bounds', async t => {
  for (const [given, expected] of [
    [0, 1_000],
    [30 * DAY_MS, 2 * DAY_MS],
  ] as const) {
    const ca = onlineCa(async () => pending(given))
    const server = await serve(t, { options: online({ caTimeoutMs: 1 }), onlineCa: ca })
    t.equal(await server.session(await server.device(), phoneKey.answers), 0)
    t.equal((await keptIn(server.store.requests))[0]?.dueMs, later(expected).getTime())
  }
})

t.test('an officer who denies: the request is done with, and the phone begins anew', async t => {
  const { ca, decision } = officer(async () => pending(HOUR_MS))
  const server = await serve(t, { options: online(), onlineCa: ca, pollMs: 5 })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  decision.says = () =>
    Promise.reject(new EnrolError('Denied', { failure: 'denied', libest: { number: 22, name: 'EST_ERR_AUTH_FAIL' } }))
  server.clock.now = later(HOUR_MS + 1)
  await until(async () => (await server.store.requests.count()) === 0)
  t.match(await server.row(name), { operation: 'install', status: 16 })
  decision.says = enrolled
  t.equal(await server.session(name, newKey.answers), 1)
})

t.test('what is no denial leaves a request that an officer has: the CA is asked later', async t => {
  const libest = { number: 22, name: 'EST_ERR_AUTH_FAIL' }
  const failures: Record<string, Error> = {
    'it is away': new Error('connect ECONNREFUSED'),
    'the password has changed': new EnrolError('401', { failure: 'unauthorised', libest }),
    'it says 429': new EnrolError('429', { failure: 'unreached', libest }),
    'it says 400': new EnrolError('400', { failure: 'refused', libest }),
  }
  for (const [what, failure] of Object.entries(failures)) await t.test(what, t => askedLater(t, failure))
})

const askedLater = async (t: Test, failure: Error) => {
  const { ca, decision } = officer(async () => pending(HOUR_MS))
  const server = await serve(t, { options: online(), onlineCa: ca, pollMs: 5 })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  decision.says = () => Promise.reject(failure)
  server.clock.now = later(HOUR_MS + 1)
  await until(() => ca.asked.length === 2)
  decision.says = enrolled
  await until(async () => (await keptIn(server.store.requests))[0]!.dueMs! > later(HOUR_MS + 60_000).getTime())
  t.match((await keptIn(server.store.requests))[0], { state: 'waiting' })
  server.clock.now = later(2 * HOUR_MS)
  await until(async () => (await keptIn(server.store.requests))[0]?.state === 'issued')
  t.equal(await server.session(name), 1)
}

t.test('a CA is not asked for ever: after the days that are set the request is forgotten', async t => {
  const ca = onlineCa(async () => pending(HOUR_MS))
  const server = await serve(t, { options: online({ pendingDays: 2 }), onlineCa: ca, pollMs: 5 })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  server.clock.now = later(2 * DAY_MS + 1)
  await until(async () => (await server.store.requests.count()) === 0)
  t.equal(ca.asked.length, 1)
  t.equal(await server.session(name, newKey.answers), 0, 'and the phone begins anew')
  t.equal(ca.asked.length, 2)
})

t.test('a new order, or one for another kind of key, makes the phone begin anew', async t => {
  const ca = onlineCa(async () => pending(HOUR_MS))
  const server = await serve(t, { options: online(), onlineCa: ca })
  const name = await server.device()
  for (const [asked, change] of [{}, { operation: 'install' }, { rsaBits: 3072 }].entries()) {
    await server.store.change(name, change as object)
    const phone = await server.phone()
    await phone.greet(name)
    await phone.expect('KEY_GENERATE_REQUEST')
    t.equal(ca.asked.length, asked)
    if (asked === 2) break
    phone.say(phoneKey.answers.KEY_GENERATE_REQUEST())
    phone.say(phoneKey.answers.SIGN_CERTIFICATE_REQUEST(await phone.expect('SIGN_CERTIFICATE_REQUEST')))
    t.equal(await phone.reason(), 0)
  }
})

t.test('a server that stops while a request of an officer waits for its turn says nothing of it', async t => {
  let isSilent = false
  const ca = onlineCa(async () => (isSilent ? new Promise<never>(() => {}) : pending(HOUR_MS)))
  const server = await serve(t, { options: online({ caConcurrency: 1 }), onlineCa: ca, pollMs: 5 })
  const [name, other] = [await server.device(), await server.device()]
  t.equal(await server.session(name, phoneKey.answers), 0)
  isSilent = true
  const session = server.session(other, newKey.answers).catch(() => 'cut')
  await until(() => server.server.caLoad.running === 1)
  server.clock.now = later(HOUR_MS + 1)
  await until(() => server.server.caLoad.waiting === 1)
  await server.server.close(0)
  await session
  t.strictSame(
    server.logLines().filter(({ msg }) => msg.includes('what the CA said')),
    [],
  )
})

t.test('an officer who says no: the log says so and why, though no session waits for it', async t => {
  const { ca, decision } = officer(async () => pending(HOUR_MS))
  const server = await serve(t, { options: online(), onlineCa: ca, pollMs: 5 })
  const name = await server.device()
  t.equal(await server.session(name, phoneKey.answers), 0)
  decision.says = async () => {
    throw new EnrolError('Denied by the officer', { failure: 'denied', libest: { number: 22, name: 'EST_ERR_AUTH_FAIL' } })
  }
  server.clock.now = later(HOUR_MS + 1)
  const denial = () => server.logLines().find(({ msg }) => msg === 'the CA has denied a request that waited')
  await until(() => denial() !== undefined)
  t.match(denial(), { level: 40, deviceName: name, detail: /Denied by the officer.*CA_REFUSED/, err: undefined })
  t.strictSame(await keptIn(server.store.requests), [])
})
