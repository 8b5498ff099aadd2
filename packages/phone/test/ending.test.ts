import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@capfkit/pki'
import t from 'tap'
import type { MakeKey, Phone } from '../src/index.ts'
import type { Script } from './scripted-server.ts'
import { goodbye, greet, install, KEY_REQUESTS, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())
const lsc = await world.newLsc()

/** What this process holds open, without the pipes and files that the test runner has. */
const resources = () => process.getActiveResourcesInfo().filter(name => /Timeout|TCP|TLS/.test(name) && name !== 'TCPServerWrap')

/** The server's ends of the connections close a moment after the phones'. */
const settled = async () => {
  for (let tries = 0; resources().length > 0 && tries < 200; tries++) await delay(1)
  return resources()
}

/** A phone that aborts when it is told to make a key, and waits for the end. */
const keyMaker = (onAsked: () => void): MakeKey => {
  return (_, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      onAsked()
    })
}

type Stop = { abort: () => void }
const STEPS: Record<string, (stop: Stop) => { script: Script; phone: Phone }> = {
  'in the greeting': ({ abort }) => ({ script: abort, phone: world.phone() }),
  'after AUTH_RESPONSE': ({ abort }) => ({
    script: async peer => {
      await greet(peer)
      abort()
    },
    phone: world.phone(),
  }),
  'while the key is made': ({ abort }) => ({
    script: async peer => {
      await greet(peer)
      peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
    },
    phone: world.phone({ makeKey: keyMaker(abort) }),
  }),
  'while it pretends to make a key': ({ abort }) => ({
    script: async peer => {
      await greet(peer)
      peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
      await peer.hear('REQUEST_IN_PROGRESS')
      abort()
    },
    phone: world.phone({ options: { keyGenerationDelayMs: 3_600_000 } }),
  }),
  'after KEY_GENERATE_RESPONSE': ({ abort }) => ({
    script: async peer => {
      await greet(peer)
      peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
      await peer.hear('KEY_GENERATE_RESPONSE')
      abort()
    },
    phone: world.phone(),
  }),
  'after STORE_CERTIFICATE_RESPONSE': ({ abort }) => ({
    script: async peer => {
      await greet(peer)
      await install(peer, { world })
      abort()
    },
    phone: world.phone(),
  }),
}

for (const [step, arrange] of Object.entries(STEPS)) {
  t.test(`an abort ${step} ends the session at once and leaves nothing behind`, async t => {
    const controller = new AbortController()
    const { signal } = controller
    const { script, phone } = arrange({ abort: () => controller.abort() })
    world.server.script = script
    const result = await phone.runSession({ ...world.server.target, signal })
    t.match(result, { ok: false, failure: { code: 'PHONE_ABORTED', side: 'client' } })
    t.equal(getEventListeners(signal, 'abort').length, 0)
    t.strictSame(await settled(), [])
    t.strictSame(phone.statusMessages, [], 'the phone shows nothing: nobody failed')
  })
}

t.test('an abort before or while connecting', async t => {
  const phone = world.phone()
  t.match((await phone.runSession({ ...world.server.target, signal: AbortSignal.abort() })).failure, { code: 'PHONE_ABORTED' })
  const controller = new AbortController()
  const running = phone.runSession({ ...world.server.target, signal: controller.signal })
  controller.abort()
  t.match((await running).failure, { code: 'PHONE_ABORTED', phase: 'connect' })
  t.strictSame(await settled(), [])
})

t.test('no session leaves a timer, a socket or a listener behind, however it ends', async t => {
  const scripts: Script[] = [
    async peer => {
      await greet(peer)
      await install(peer, { world })
      goodbye(peer)
    },
    async peer => {
      await greet(peer)
      peer.say({ name: 'END_SESSION', reason: 0 })
    },
    peer => void peer.socket.end(),
    peer => peer.reset(),
    peer => peer.sayBytes(Buffer.from('rubbish')),
    () => {},
  ]
  const { signal } = new AbortController()
  for (const script of scripts) {
    world.server.script = script
    const phone = world.phone({ lsc, options: { replyTimeoutMs: 25, closeWaitMs: 5 } })
    await phone.runSession({ ...world.server.target, signal })
    t.equal(getEventListeners(signal, 'abort').length, 0)
    t.notMatch(resources(), ['Timeout'])
    for (const { socket } of world.server.peers) socket.destroy()
    t.strictSame(await settled(), [])
  }
})

t.test('lets the server close first, so that its side keeps TIME_WAIT', async t => {
  let phoneClosedFirst = true
  const { result } = await world.session(
    async peer => {
      await greet(peer)
      peer.say({ name: 'END_SESSION', reason: 0 })
      peer.socket.once('end', () => {
        phoneClosedFirst = true
      })
      await delay(20)
      phoneClosedFirst = peer.isClosed
      peer.socket.end()
    },
    world.phone({ options: { closeWaitMs: 60_000 } }),
  )
  t.ok(result.ok)
  t.notOk(phoneClosedFirst)
})

t.test('a key that comes after the end is thrown away', async t => {
  let release = () => {}
  const phone = world.phone({
    makeKey: async spec => {
      await new Promise<void>(resolve => {
        release = resolve
      })
      return generateKeyPair(spec)
    },
  })
  const { result } = await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
    await peer.hear('REQUEST_IN_PROGRESS')
    goodbye(peer, 1)
  }, phone)
  t.match(result.failure, { code: 'PHONE_ENDED_EARLY', phase: 'keyGeneration' })
  release()
  await new Promise(setImmediate)
  t.equal(phone.lsc, undefined)
})

t.test('a phone has one session at a time', async t => {
  const phone = world.phone()
  world.server.script = async peer => {
    t.equal(phone.lscMenu, 'Pending')
    await greet(peer)
    goodbye(peer, 0)
  }
  const [first, second] = await Promise.all([phone.runSession(world.server.target), phone.runSession(world.server.target)])
  t.ok(first.ok)
  t.match(second.failure, { code: 'PHONE_BUSY', side: 'client' })
})
