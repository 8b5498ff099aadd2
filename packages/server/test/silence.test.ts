import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { bringTo, bystander, type StopAt } from './bystander.ts'
import { STATES } from './malformed-frames.ts'
import { authElements, frame } from './raw-frames.ts'
import type { ScriptedPhone } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

type Session = { sessionId: number; deviceName: string }

/** Bring a phone somewhere, let it do something, and look at what came of it. */
const after = async (server: Serving, { at, act }: { at: StopAt; act(phone: ScriptedPhone, session: Session): void }) => {
  const deviceName = await server.device()
  const phone = await server.phone()
  await bringTo[at](phone, deviceName)
  const before = server.summaries.length
  act(phone, { sessionId: phone.sessionId, deviceName })
  await phone.closed
  while (server.summaries.length === before) await delay(1)
  const ends = phone.heard.filter(({ name }) => name === 'END_SESSION')
  return { deviceName, ends, summary: server.summaries.at(-1)!, row: await server.row(deviceName) }
}

const whole = ({ sessionId, deviceName }: Session) => frame({ sessionId, elements: authElements(deviceName) })

/** Beginnings of a frame, after which nothing comes. */
const BEGINNINGS: readonly { what: string; bytes(session: Session): Buffer }[] = [
  { what: 'half a header', bytes: session => whole(session).subarray(0, 4) },
  { what: 'a header', bytes: session => whole(session).subarray(0, 8) },
  { what: 'all but one byte', bytes: session => whole(session).subarray(0, -1) },
  {
    what: 'a length of 100 and four bytes',
    bytes: ({ sessionId }) => frame({ sessionId, length: 100, body: Buffer.from([7, 0, 1, 3]) }),
  },
]

for (const { what, bytes } of BEGINNINGS) {
  t.test(`${what}, then FIN: the session ends without a word, and says where it was`, async t => {
    const server = await serve(t)
    const { finish } = await bystander(server)
    for (const at of ['auth', 'key', 'store'] as const) {
      const act = (phone: ScriptedPhone, session: Session) => {
        phone.write(bytes(session))
        phone.hangUp()
      }
      const { ends, summary, row } = await after(server, { at, act })
      t.strictSame(ends, [], 'no END_SESSION')
      t.match(summary, {
        state: STATES[at],
        reason: undefined,
        detail: 'the phone closed the connection inside a frame',
        operation: at === 'auth' ? undefined : 'install',
      })
      t.match(row, { operation: 'install', status: at === 'auth' ? 2 : 13 })
    }
    t.equal(await finish(), 1)
  })

  t.test(`${what}, then silence: the time-out ends it with REASON 7`, async t => {
    const server = await serve(t, { options: { replyTimeoutMs: 400 } })
    const { finish } = await bystander(server)
    const { ends, summary, row } = await after(server, { at: 'auth', act: (phone, session) => phone.write(bytes(session)) })
    t.match(ends, [{ reason: 7 }])
    t.match(summary, { state: 'AWAIT_AUTH_RESP', reason: 7, detail: 'no answer for 400 ms' })
    t.match(row, { operation: 'install', status: 2 })
    t.equal(await finish(), 1)
  })
}

t.test('bytes that drip do not start the time-out anew', async t => {
  const server = await serve(t, { options: { replyTimeoutMs: 400 } })
  const deviceName = await server.device()
  const phone = await server.phone()
  await phone.expect('AUTH_REQUEST')
  const bytes = whole({ sessionId: phone.sessionId, deviceName })
  let sent = 0
  const drip = setInterval(() => phone.write(bytes.subarray(sent, ++sent)), 60)
  t.equal(await phone.reason(), 7)
  clearInterval(drip)
  t.ok(sent < bytes.length, `${sent} of ${bytes.length} bytes were sent`)
})

t.test('a frame of 65,535 bytes: refused at its header, or read whole where that is configured', async t => {
  const zeros = (session: Session) => frame({ sessionId: session.sessionId, body: Buffer.alloc(65_535) })
  const usual = await serve(t)
  const refused = await after(usual, { at: 'auth', act: (phone, session) => phone.write(zeros(session)) })
  t.match(refused.summary, { detail: /CODEC_FRAME_TOO_LONG/, offset: 6, reason: 7 })

  const large = await serve(t, { options: { maxFrameBytes: 65_543, replyTimeoutMs: 500 } })
  const complete = await after(large, { at: 'auth', act: (phone, session) => phone.write(zeros(session)) })
  t.match(complete.ends, [{ reason: 7 }])
  t.match(complete.summary, { detail: /CODEC_DUPLICATE_ELEMENT/, offset: 11 })
  const part = await after(large, {
    at: 'auth',
    act: (phone, session) => phone.write(zeros(session).subarray(0, 60_000)),
  })
  t.match(part.ends, [{ reason: 7 }])
  t.match(part.summary, { detail: 'no answer for 500 ms' })
})

t.test('a phone that goes on talking after its session is cut off', async t => {
  const server = await serve(t)
  const deviceName = await server.device({ operation: 'none' })
  const phone = await server.phone({ allowHalfOpen: true })
  await phone.greet(deviceName)
  const { reason } = await phone.expect('END_SESSION')
  t.equal(reason, 0)
  const chatter = setInterval(() => phone.write(Buffer.alloc(100)), 50)
  await server.quiet()
  clearInterval(chatter)
  t.equal(server.server.connections, 0)
  t.equal(server.summaries.length, 1)
})

t.test('a phone that is reset at any step leaves one summary and no socket', async t => {
  const server = await serve(t)
  const { finish } = await bystander(server)
  for (const at of ['auth', 'key', 'store'] as const) {
    const { ends, summary, row } = await after(server, { at, act: phone => phone.reset() })
    t.strictSame(ends, [])
    t.match(summary, { state: STATES[at], reason: undefined, detail: /./ })
    t.match(row, { operation: 'install', status: at === 'auth' ? 2 : 13 })
  }
  t.equal(await finish(), 1)
  await server.quiet()
  t.equal(server.server.sessions, 0)
})

t.test('180 clients that break off leave nothing behind', async t => {
  const server = await serve(t)
  const { finish } = await bystander(server)
  const ways: ((phone: ScriptedPhone) => void)[] = [
    phone => phone.hangUp(),
    phone => phone.reset(),
    phone => phone.write(Buffer.from('GET / HTTP/1.1\r\nHost: capf\r\n\r\n')),
  ]
  for (const act of ways) {
    const phones = await Promise.all(Array.from({ length: 60 }, () => server.phone()))
    await Promise.all(phones.map(phone => phone.expect('AUTH_REQUEST')))
    for (const phone of phones) act(phone)
    await Promise.all(phones.map(phone => phone.closed))
  }
  t.equal(await finish(), 1)
  await server.quiet()
  t.equal(server.server.sessions, 0)
  t.equal(server.summaries.length, 181, 'one summary each')
})

t.test('a phone that has heard END_SESSION and never closes is cut', async t => {
  const server = await serve(t)
  const phone = await server.phone()
  await phone.greet('SEPFFFFFFFFFFFF')
  phone.socket.pause()
  await server.quiet()
  t.equal(server.server.connections, 0)
  phone.socket.destroy()
})
