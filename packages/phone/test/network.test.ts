import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { REASON } from '@capfkit/codec/capf'
import { parseOptions } from '@capfkit/codec/options'
import fc from 'fast-check'
import t from 'tap'
import { conditionsOf, NETWORK_OPTIONS, type NetworkOptions, parseNetwork } from '../src/index.ts'
import { delayMs } from '../src/network/conditions.ts'
import { Link } from '../src/network/link.ts'
import { goodbye, greet, install, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

const networkOf = (words: string, random = Math.random) => ({ conditions: conditionsOf(parseNetwork(words)), random })

/** A link to a TCP server, on a clock that jumps to whatever is waited for. */
const linked = async (given: Partial<NetworkOptions>, random: () => number = Math.random) => {
  let nowMs = 0
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const link = new Link({
    socket: connect((server.address() as AddressInfo).port, '127.0.0.1'),
    conditions: conditionsOf(parseOptions(NETWORK_OPTIONS, given)),
    random,
    now: () => nowMs,
    startTimer: (callback, ms) => {
      const timer = setImmediate(() => {
        nowMs += ms
        callback()
      })
      return { refresh: () => {}, [Symbol.dispose]: () => clearImmediate(timer) }
    },
  })
  link.on('error', () => {})
  await once(link, 'connect')
  const [far] = await accepted
  far.on('error', () => {})
  return {
    ...{ link, far, now: () => nowMs },
    [Symbol.asyncDispose]: async () => {
      link.destroy()
      far.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const read = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

t.test('a way takes its latency, there and back, and connecting takes both', async t => {
  await using way = await linked({ latencyMs: 100 })
  t.equal(way.now(), 200, 'a SYN and its answer')
  way.link.write('there')
  t.equal(String((await once(way.far, 'data'))[0]), 'there')
  t.equal(way.now(), 300)
  way.far.write('back')
  t.equal(String((await once(way.link, 'data'))[0]), 'back')
  t.equal(way.now(), 400)
})

t.test('whatever the jitter, what was written first comes first, and all of it', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 12 }),
      fc.record({
        latencyMs: fc.nat(50),
        jitterMs: fc.nat(50),
        jitter: fc.constantFrom('uniform', 'normal', 'exponential'),
        segmentBytes: fc.nat(40),
        writeBytesPerSecond: fc.constantFrom(0, 1000),
        readBytesPerSecond: fc.constantFrom(0, 1000),
      }),
      async (chunks, conditions) => {
        await using way = await linked(conditions)
        const sent = Buffer.concat(chunks)
        for (const chunk of chunks) way.link.write(chunk)
        way.link.end()
        const there = await read(way.far)
        way.far.end(there)
        return there.equals(sent) && (await read(way.link)).equals(sent)
      },
    ),
    { numRuns: 60, seed: 20_261_121 },
  )
  t.pass('60 runs')
})

t.test('a rate is kept in either direction', async t => {
  await using way = await linked({ writeBytesPerSecond: 1000, readBytesPerSecond: 500 })
  way.link.write(Buffer.alloc(100))
  await once(way.far, 'data')
  t.equal(way.now(), 100)
  way.far.end(Buffer.alloc(100))
  await read(way.link)
  t.equal(way.now(), 300)
})

t.test('delays are never less than nothing, and as they are stated on average', async t => {
  for (const [jitter, mean] of [
    ['uniform', 100],
    ['normal', 100],
    ['exponential', 110],
  ] as const) {
    const conditions = conditionsOf(parseOptions(NETWORK_OPTIONS, { latencyMs: 100, jitterMs: 10, jitter }))
    let state = 1
    const random = () => {
      state = (state * 48_271) % 0x7fffffff
      return state / 0x7fffffff
    }
    const all = Array.from({ length: 5000 }, () => delayMs(conditions, random))
    const average = all.reduce((sum, ms) => sum + ms, 0) / all.length
    t.ok(Math.abs(average - mean) < 1, `${jitter}: ${average.toFixed(2)}`)
    t.ok(all.every(ms => ms >= 0))
  }
})

t.test('the segments are small, of the ClientHello too', async t => {
  await using way = await linked({ segmentBytes: 1 })
  let reads = 0
  way.far.on('data', () => reads++)
  way.link.end(Buffer.alloc(200))
  await once(way.far, 'end')
  t.ok(reads > 20, `200 bytes came in ${reads} reads`)
})

t.test('a loss is a reset, which both sides see', async t => {
  await using way = await linked({ resetPerWrite: '100%' })
  way.link.write('lost')
  const [error] = (await once(way.far, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNRESET')
  t.ok(way.link.destroyed)
})

t.test('half-open: nothing passes any more, and that the other side has closed is noticed', async t => {
  await using way = await linked({ silentPerWrite: '100%' })
  let heard = 0
  way.far.on('data', () => heard++)
  way.link.on('data', () => heard++)
  way.link.write('lost')
  way.link.end('lost, too')
  way.far.write('lost as well')
  way.far.end()
  await once(way.link, 'close')
  t.equal(heard, 0)
  t.notOk(way.far.readableEnded, 'there was no FIN')
})

t.test('phones enrol over slow networks in small pieces; without a flaw drawn, over lossy ones', async t => {
  for (const words of ['latencyMs=5,jitterMs=5', 'segmentBytes=7', 'writeBytesPerSecond=200000,readBytesPerSecond=200000']) {
    const { result } = await world.session(
      async peer => {
        await greet(peer)
        await install(peer, { world })
        goodbye(peer)
      },
      world.phone({ network: networkOf(words) }),
    )
    t.match(result, { ok: true, lsc: 'installed' }, words)
  }
  const lucky = world.phone({ network: networkOf('resetPerWrite=50%,silentPerWrite=50%', () => 0.9) })
  const { result } = await world.session(async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }, lucky)
  t.equal(result.ok, true)
})

t.test('what a network does to a phone is a failure of the network, not of the server, and the phone tries again', async t => {
  world.server.script = async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }
  const options = { retries: 3, retryIntervalMs: 1, tlsTimeoutMs: 100 }
  for (const [words, code] of [
    ['resetPerWrite=100%', 'PHONE_CONNECTION_LOST'],
    ['silentPerWrite=100%', 'PHONE_TLS_TIMEOUT'],
  ] as const) {
    const phone = world.phone({ network: networkOf(words), options })
    const result = await phone.contactCapf({ servers: [world.server.target] })
    t.match(result, { sessions: 4, failure: { code, side: 'network' } }, words)
  }
})
