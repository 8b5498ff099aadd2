import { setTimeout as delay } from 'node:timers/promises'
import { REASON } from '@capfkit/codec/capf'
import t from 'tap'
import type { PhoneInit, Target } from '../src/index.ts'
import { goodbye, greet, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

/** Nobody listens on port 1 of an address that is ours alone. */
const dead = (n: number): Target => ({ host: `127.0.77.${n}`, port: 1 })

/** A phone whose waits are written down and take no time. */
const impatient = (init: Partial<PhoneInit> = {}) => {
  const waits: number[] = []
  const phone = world.phone({
    delay: async ms => {
      waits.push(ms)
    },
    ...init,
  })
  return { phone, waits }
}

t.test('tries three more times, 30 seconds apart, as real phones do', async t => {
  const { phone, waits } = impatient()
  const codes: (string | undefined)[] = []
  const result = await phone.contactCapf({ servers: [dead(1)], onSession: ({ failure }) => codes.push(failure?.code) })
  t.match(result, { ok: false, sessions: 4, failure: { code: 'PHONE_CONNECT_REFUSED' } })
  t.strictSame(waits, [30_000, 30_000, 30_000])
  t.strictSame(codes, Array(4).fill('PHONE_CONNECT_REFUSED'))
  t.strictSame(
    phone.statusMessages.map(({ text }) => text),
    Array(4).fill('LSC: Connection failed'),
  )
})

t.test('goes to the next server without a wait, and stops at the first that answers', async t => {
  world.server.script = async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }
  const { phone, waits } = impatient()
  const result = await phone.contactCapf({ servers: [dead(1), dead(2), world.server.target, dead(3)] })
  t.match(result, { ok: true, sessions: 3 })
  t.strictSame(waits, [])
})

t.test('a refusal is an answer', async t => {
  for (const reason of [REASON.REFUSED, REASON.UNKNOWN_DEVICE]) {
    world.server.script = async peer => {
      await greet(peer)
      goodbye(peer, reason)
    }
    const { phone, waits } = impatient()
    const result = await phone.contactCapf({ servers: [world.server.target, dead(1)] })
    t.match(result, { ok: false, sessions: 1, reason })
    t.strictSame(waits, [])
    t.match(phone.statusMessages, [{ text: 'LSC: Failed' }])
  }
})

t.test('recovers when the server comes back', async t => {
  let visits = 0
  world.server.script = async peer => {
    if (++visits < 3) return void peer.socket.end()
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }
  const { phone, waits } = impatient({ options: { retryIntervalMs: 5_000 } })
  t.match(await phone.contactCapf({ servers: [world.server.target] }), { ok: true, sessions: 3 })
  t.strictSame(waits, [5_000, 5_000])
})

t.test('retries can be switched off', async t => {
  const { phone, waits } = impatient({ options: { retries: 0 } })
  t.match(await phone.contactCapf({ servers: [dead(1), dead(2)] }), { ok: false, sessions: 2 })
  t.strictSame(waits, [])
})

t.test('without a server there is nothing to do', async t => {
  const { phone } = impatient()
  t.match(await phone.contactCapf({ servers: [] }), { ok: false, sessions: 0, failure: { code: 'PHONE_NO_TRUSTED_SERVER' } })
})

t.test('RETRY_LATER ends the matter for a phone that does not know it, and is a wait for one that does', async t => {
  let visits = 0
  world.server.script = async peer => {
    if (++visits % 2 === 1) return peer.say({ name: 'RETRY_LATER', retryDelaySeconds: 7 })
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }
  const real = impatient()
  t.match(await real.phone.contactCapf({ servers: [world.server.target] }), {
    ok: false,
    sessions: 1,
    retryAfterSeconds: 7,
    failure: { code: 'PHONE_RETRY_LATER' },
  })
  visits = 0
  const ours = impatient({ options: { honourRetryLater: true } })
  t.match(await ours.phone.contactCapf({ servers: [world.server.target] }), { ok: true, sessions: 2 })
  t.strictSame(ours.waits, [7_000])
})

t.test('an abort ends the wait', async t => {
  const controller = new AbortController()
  const phone = world.phone({
    delay: (ms, signal) => {
      setImmediate(() => controller.abort())
      return delay(ms, undefined, signal ? { signal } : {})
    },
  })
  const result = await phone.contactCapf({ servers: [dead(1)], signal: controller.signal })
  t.match(result, { ok: false, sessions: 1, failure: { code: 'PHONE_ABORTED', side: 'client' } })
  t.match(await phone.contactCapf({ servers: [dead(1)], signal: controller.signal }), { failure: { code: 'PHONE_ABORTED' } })
})
