import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { newManufacturingCa } from '@capfkit/pki'
import { CapfServer, MemoryDeviceStore, newCertificateAndKey } from '@capfkit/server'
import t from 'tap'
import { FleetEngine } from '../src/engine.ts'
import { KeySource } from '../src/key-source.ts'
import type { FleetOptions } from '../src/options.ts'
import { orderPhase } from '../src/orders.ts'
import { planOf } from '../src/plan/from-options.ts'
import { PartRecorder } from '../src/recording/part-recorder.ts'
import { runHeader } from '../src/recording/run-header.ts'
import { fleetOptions } from './fleet-options.ts'
import { recorded } from './run-process.ts'

const { certificateDer, keyPair } = await newManufacturingCa({ now: () => new Date() })
const certificate = await newCertificateAndKey(new Date())
const FEW: Partial<FleetOptions> = { phones: 10, key: 'ec:p256', concurrency: 4 }

/** The phones of one process, in this process. */
const engineFor = (init: Partial<ConstructorParameters<typeof FleetEngine>[0]>) =>
  new FleetEngine({
    plan: planOf(fleetOptions(FEW)),
    first: 0,
    step: 1,
    target: { host: '127.0.0.1', port: 9 },
    trusted: [certificate.certificateDer],
    micCa: { certificateDer, privateKey: keyPair.privateKey },
    keys: new KeySource({ pool: undefined, first: 0, step: 1 }),
    ordered: true,
    ...init,
  })

t.test('a phone that has no certificate to show has done what a troubleshoot asks for', async t => {
  const store = new MemoryDeviceStore()
  const plan = planOf(fleetOptions({ ...FEW, rounds: 'troubleshoot,install' }))
  await using server = await CapfServer.start({ store, certificate, options: { listen: '127.0.0.1:0' } })
  const engine = engineFor({ plan, target: server.address })
  await engine.prepare()
  await orderPhase(store, { plan, number: 0 })
  await engine.runPhase(0, { startMs: performance.now() })
  t.match(engine.tally, { started: 10, done: 10, failed: 0 })
  t.strictSame(Object.fromEntries(engine.tally.operations), { troubleshoot: 10 })
  t.equal(await store.count({ operation: 'none', status: 5 }), 10, 'the server says so too')
})

t.test('each process has the phones that are its own, and all of them together have each once', async t => {
  const store = new MemoryDeviceStore()
  const plan = planOf(fleetOptions({ ...FEW, phones: 11, rounds: 'install:60%,delete:60%' }))
  await using server = await CapfServer.start({ store, certificate, options: { listen: '127.0.0.1:0' } })
  await orderPhase(store, { plan, number: 0 })
  const planned = await store.count({ operation: 'install' })
  const engines = [0, 1, 2].map(first => engineFor({ plan, first, step: 3, target: server.address }))
  const made: number[] = []
  for (const engine of engines) await engine.prepare(count => made.push(count))
  t.strictSame(made, [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3])
  await Promise.all(engines.map(engine => engine.runPhase(0, { startMs: performance.now() })))
  t.equal(
    engines.reduce((sum, { tally }) => sum + tally.done, 0),
    planned,
  )
  t.equal(await store.count({ status: 3 }), planned, 'none twice: an install that is done is no longer pending')
  t.ok(engines.every(({ tally }) => tally.failed === 0))
})

t.test('by rate, due times are those of the whole fleet', async t => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const target = { host: '127.0.0.1', port: (silent.address() as { port: number }).port }
  const plan = planOf(fleetOptions({ ...FEW, rate: 10_000, phones: 10 }))
  const engine = engineFor({ plan, first: 1, step: 2, target })
  await engine.prepare()
  const over = engine.runPhase(0, { startMs: performance.now() })
  while (engine.tally.started < 5) await new Promise(setImmediate)
  t.equal(engine.inFlight, 5, 'its five phones of ten wait for a server that says nothing')
  engine.stop(0)
  await over
  t.match(engine.tally, { started: 5, done: 0, failed: 5 })
})

t.test('after a stop running sessions have some time to end, and are ended then', async t => {
  const sockets: Socket[] = []
  const silent = createServer(socket => void sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const engine = engineFor({ target: { host: '127.0.0.1', port: (silent.address() as { port: number }).port } })
  await engine.prepare()
  const over = engine.runPhase(0, { startMs: performance.now() })
  while (sockets.length < 4) await new Promise(setImmediate)
  engine.stop(20)
  t.equal(engine.inFlight, 4, 'they go on')
  await over
  t.equal(engine.inFlight, 0)
  t.match(engine.tally, { started: 4, done: 0, failed: 4 })
  t.match([...engine.tally.failures.values()], [{ side: 'client', phase: 'tls', reason: 'PHONE_ABORTED', count: 4 }])
})

t.test('a stop while phones are being made makes no more of them', async t => {
  const engine = engineFor({ plan: planOf(fleetOptions({ ...FEW, phones: 1000 })) })
  let made = 0
  await engine.prepare(count => {
    made = count
    if (count === 100) engine.stop()
  })
  t.ok(made >= 100 && made < 120, `${made} of 1000`)
})

t.test('it is told once when enough sessions have ended to see whether anything answers', async t => {
  let told = 0
  const engine = engineFor({ plan: planOf(fleetOptions({ ...FEW, phones: 120 })), onFirstEnded: () => told++ })
  await engine.prepare()
  await engine.runPhase(0, { startMs: performance.now() })
  t.match(engine.tally, { failed: 120 })
  t.equal(told, 1)
})

t.test('a session that a stop cuts off is on record as one that has not ended', async t => {
  const store = new MemoryDeviceStore()
  const plan = planOf(fleetOptions({ ...FEW, keyGenerationDelayMs: 60_000 }))
  const folder = t.testdir()
  const header = runHeader({ ...plan, target: { host: '127.0.0.1', port: 9 }, phones: 10, processes: 1, phases: [], generation: 0 })
  await using server = await CapfServer.start({ store, certificate, options: { listen: '127.0.0.1:0' } })
  await using recorder = await PartRecorder.open({
    folder,
    header,
    standing: () => ({ inFlight: 0, started: 0, lateStarts: 0, skipped: 0, laggedSamples: 0, keysPooled: 0, keysGenerated: 0 }),
    onFailure: error => t.fail(error.message),
  })
  const engine = engineFor({ plan, target: server.address, recorder })
  await orderPhase(store, { plan, number: 0 })
  const over = engine.runPhase(0, { startMs: performance.now() })
  while (engine.inFlight < 4) await new Promise(setImmediate)
  engine.stop(0)
  await over
  await recorder.flush()
  const operations = recorded(join(folder, 'part-0.capfrun'))
  t.equal(operations.length, 4)
  t.ok(operations.every(({ cut, failure }) => cut && failure?.reason === 'PHONE_ABORTED'))
})
