import t from 'tap'
import { MODELS, modelledKeyMs, type Timer } from '../src/index.ts'
import { goodbye, greet, KEY_REQUESTS, P256, RSA, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

/** A clock that stands still and timers that fire when the test says so. */
class HandClock {
  now = 1_000
  readonly started: number[] = []
  #running = new Map<object, () => void>()

  readonly startTimer = (callback: () => void, ms: number): Timer => {
    this.started.push(ms)
    const timer = {
      refresh: () => this.#running.set(timer, callback),
      [Symbol.dispose]: () => void this.#running.delete(timer),
    }
    this.#running.set(timer, callback)
    return timer
  }

  get running(): number {
    return this.#running.size
  }

  fire(): void {
    for (const callback of [...this.#running.values()]) callback()
  }
}

t.test('REQUEST_IN_PROGRESS is sent when key generation starts and again after each interval', async t => {
  const clock = new HandClock()
  let finish = () => {}
  const phone = world.phone({
    now: () => clock.now,
    startTimer: clock.startTimer,
    options: { keyGenerationDelayMs: 600_000, progressIntervalMs: 45_000 },
    delay: ms => {
      t.equal(ms, 600_000)
      return new Promise<void>(resolve => {
        finish = resolve
      })
    },
  })
  const { result, peer } = await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
    for (let report = 0; report < 4; report++) {
      await peer.hear('REQUEST_IN_PROGRESS')
      t.equal(clock.running, 1, 'one timer')
      clock.fire()
    }
    await peer.hear('REQUEST_IN_PROGRESS')
    finish()
    await peer.hear('KEY_GENERATE_RESPONSE')
    goodbye(peer, 7)
  }, phone)
  t.equal(peer.heard.filter(({ name }) => name === 'REQUEST_IN_PROGRESS').length, 5)
  t.match(result, { ok: false, reason: 7 })
  t.strictSame(clock.started, [10_000, 60_000, 45_000, 60_000, 250], 'connect and TLS share a timer, as do waits of one length')
  t.equal(clock.running, 0)
})

t.test('silence in every phase, on a clock that stands still', async t => {
  for (const [ms, code, phase] of [
    [11, 'PHONE_CONNECT_TIMEOUT', 'connect'],
    [12, 'PHONE_TLS_TIMEOUT', 'tls'],
    [13, 'PHONE_REPLY_TIMEOUT', 'greeting'],
  ] as const) {
    const clock = new HandClock()
    const phone = world.phone({
      now: () => clock.now,
      startTimer: (callback, given) => {
        if (given === ms) queueMicrotask(callback)
        return clock.startTimer(callback, given)
      },
      options: { connectTimeoutMs: 11, tlsTimeoutMs: 12, replyTimeoutMs: 13 },
    })
    const { result } = await world.session(() => {}, phone)
    t.match(result.failure, { code, phase })
    t.equal(result.totalMs, 0)
  }
})

t.test('the modelled time of key generation is a wait within the range of the model', async t => {
  const model = MODELS['7942']
  t.strictSame(
    [0, 0.5].map(random => modelledKeyMs({ model, spec: RSA, random })),
    [60_000, 330_000],
  )
  t.equal(modelledKeyMs({ model, spec: { type: 'rsa', bits: 1024 }, random: 0 }), 3_750)
  t.equal(modelledKeyMs({ model: MODELS['8861'], spec: P256, random: 0 }), 30)

  const waits: number[] = []
  const phone = world.phone({
    model: '8861',
    random: () => 0.5,
    delay: async ms => void waits.push(ms),
    options: { keyGenerationDelayMs: -1 },
  })
  await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['rsa:2048'] })
    await peer.hear('KEY_GENERATE_RESPONSE')
    goodbye(peer, 7)
  }, phone)
  t.strictSame(waits, [16_500])
})
