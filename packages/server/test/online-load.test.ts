import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { slowCa } from './ca-behind-enrol.ts'
import { obey } from './scripted-phone.ts'
import { serve } from './serving.ts'
import { signing } from './signing-phone.ts'

const phoneKey = signing()
const online = (options = {}) => ({ issuer: 'online', ...options }) as const

t.test('no more requests at once than are allowed, and all phones are served in turn', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online({ caConcurrency: 3 }), onlineCa: ca })
  const names = await Promise.all(Array.from({ length: 20 }, () => server.device()))
  const reasons = Promise.all(names.map(name => server.session(name, phoneKey.answers)))
  await phoneIsWaiting(server, names.length)
  t.strictSame(server.server.caLoad, { running: 3, waiting: 17 })
  for (let answered = 1; answered <= names.length; answered++) {
    ;(await next()).sign()
    await until(() => ca.asked.length === Math.min(answered + 3, names.length))
    t.ok(server.server.caLoad.running <= 3, `${answered} answered`)
  }
  t.strictSame(new Set(await reasons), new Set([1]))
})

t.test('a slow CA harms nobody else: a full queue has its own status, and other orders go on', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online({ caConcurrency: 1, caQueue: 2 }), onlineCa: ca })
  const names = await Promise.all(Array.from({ length: 3 }, () => server.device()))
  const waiting: Promise<number>[] = []
  for (const name of names) {
    const phone = await server.phone()
    await phone.greet(name)
    waiting.push(obey(phone, phoneKey.answers))
    await phoneIsWaiting(server, waiting.length)
  }
  t.strictSame(server.server.caLoad, { running: 1, waiting: 2 })

  const oneMore = await server.device()
  t.equal(await server.session(oneMore, phoneKey.answers), 7)
  t.match(await server.row(oneMore), { operation: 'install', status: 15 })
  t.match(await server.summary(oneMore), { status: 'CAPF_OP_FAIL_CA_BUSY', detail: /2 in the queue: .*CA_QUEUE_FULL/ })

  const deleting = await server.device({ operation: 'delete' })
  t.equal(await server.session(deleting), 1, 'a delete waits for no CA')
  t.equal(ca.asked.length, 1, 'and the CA has one request')

  for (const _ of names) (await next()).sign()
  t.strictSame(await Promise.all(waiting), [1, 1, 1])
  void next().then(({ sign }) => sign())
  t.equal(await server.session(oneMore, phoneKey.answers), 1, 'the phone may come again')
})

const until = async (isSo: () => boolean) => {
  while (!isSo()) await delay(1)
}

const phoneIsWaiting = async ({ server }: Awaited<ReturnType<typeof serve>>, count: number) => {
  await until(() => server.caLoad.running + server.caLoad.waiting >= count)
}

t.test('a phone that leaves while it waits for its turn is not asked for at the CA', async t => {
  const { ca, next } = slowCa()
  const server = await serve(t, { options: online({ caConcurrency: 1 }), onlineCa: ca })
  const [first, second, third] = [await server.phone(), await server.phone(), await server.phone()]
  const sessions: Promise<number>[] = []
  for (const [index, phone] of [first, second, third].entries()) {
    await phone.greet(await server.device())
    sessions.push(obey(phone, phoneKey.answers).catch(() => -1))
    await phoneIsWaiting(server, index + 1)
  }
  second.reset()
  while (server.server.caLoad.waiting > 1) await delay(1)
  ;(await next()).sign()
  ;(await next()).sign()
  t.strictSame(await Promise.all(sessions), [1, -1, 1])
  t.equal(ca.asked.length, 2)
  t.equal(await server.store.requests.count(), 0)
})

t.test('a session that waits for its turn for too long is over, and its request is never sent', async t => {
  const { ca } = slowCa()
  const options = online({ caConcurrency: 1, caTimeoutMs: 60_000, sessionTimeoutMs: 1_000 })
  const server = await serve(t, { options, onlineCa: ca })
  const names = [await server.device(), await server.device()]
  const reasons = await Promise.all(names.map(name => server.session(name, phoneKey.answers)))
  t.strictSame(reasons, [7, 7])
  for (const name of names) {
    t.match(await server.row(name), { operation: 'install', status: 15 })
    t.match(await server.summary(name), { detail: 'the session took longer than 1000 ms' })
  }
  t.equal(ca.asked.length, 1)
})
