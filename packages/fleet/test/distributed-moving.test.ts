import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { derToPem, newManufacturingCa, privateKeyPem } from '@capfkit/pki'
import { openDatabases, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { FleetControl, replayPhone, runDistributed } from '../src/index.ts'
import { Victim } from './distributed-process.ts'
import { LoadedServer } from './loaded-server.ts'
import { ledBy, OwnWorker, runHere, VERSION } from './own-workers.ts'

const databases = await openDatabases()
t.teardown(() => databases[Symbol.asyncDispose]())

const LEASE_MS = 2_000
const { certificateDer, keyPair } = await newManufacturingCa({ now: () => new Date() })

/** Phones that show certificates, so that each needs what it had before. */
const begin = async (folder: string) => {
  const store = await databases.newDatabase()
  const micCa = `${folder}/mic-ca.pem`
  writeFileSync(micCa, derToPem(certificateDer) + privateKeyPem(keyPair.privateKey))
  const server = await LoadedServer.start({ folder, store, micCas: [certificateDer] })
  const options = { key: 'ec:p256=1', auth: 'lsc=1', poolKeys: 2, models: '8861=1', seed: 7, micCa, ...server.options }
  return { store, server, options }
}

const countIn = async (store: string, of: string) => Number((await tell(store, `SELECT count(*)::int AS n FROM ${of}`))[0]?.n)

t.test('phones of a worker that is killed have their MICs and LSCs in whichever worker takes them', async t => {
  const { store, server, options } = await begin(t.testdir())
  await using _ = server
  const phones = 48
  const process = { store, processes: 1, version: VERSION, leaseMs: LEASE_MS }
  await using one = new Victim({ role: 'worker', init: { ...process, name: 'one' } })
  await using _two = new OwnWorker(store, 'two', LEASE_MS)
  const plan = { ...options, phones, rate: 40, rounds: 'install,upgrade,delete' }
  const run = runHere(plan, { store, workers: 2, leaseMs: LEASE_MS })
  while ((await countIn(store, 'capf_fleet.result WHERE phase = 1').catch(() => 0)) < 10) await delay(50)
  const mics = await tell(store, 'SELECT name, mic FROM capf_fleet.phone ORDER BY name')
  await one.kill()
  const summary = await run.summary
  t.match(summary, { done: 3 * phones, failed: 0, skipped: 0, stopped: false, operations: { install: 2 * phones, delete: phones } })
  t.match(run.said.join('\n'), /worker one has gone; others take its phones/)
  t.equal(await countIn(store, 'capf_fleet.result'), 3 * phones, 'each turn is counted once')
  t.strictSame(await tell(store, 'SELECT name, mic FROM capf_fleet.phone ORDER BY name'), mics, 'MICs are what they were')
  t.ok(
    (await server.rows()).every(({ operation, certificate }) => operation === 'none' && !certificate),
    'each had an LSC to delete',
  )
})

t.test('a worker that joins in a later phase has its share, and whoever watches hears of single phones', async t => {
  const { store, server, options } = await begin(t.testdir())
  await using _ = server
  const phones = 64
  await using _one = new OwnWorker(store, 'one')
  await using late = new AsyncDisposableStack()
  let isJoining = false
  const seen = new Set<string>()
  const control = new FleetControl()
  // The phase stands until the other one has its share.
  const join = async () => {
    control.pause()
    late.use(new OwnWorker(store, 'two'))
    const of = `capf_fleet.slice s JOIN capf_fleet.worker w ON w.id = s.worker WHERE s.ready AND w.name = 'two'`
    while ((await countIn(store, of)) === 0) await delay(50)
    control.resume()
  }
  const summary = await runDistributed({
    control,
    options: { ...options, phones, rate: 25, rounds: 'install,upgrade' },
    coordinator: ledBy(store, 1).coordinator,
    onProgress: progress => {
      if (isJoining || progress.stage !== 'phase' || progress.phase.number === 0) return
      isJoining = true
      void join()
    },
    onEnded: ({ operations }) => {
      for (const { deviceName } of operations) seen.add(deviceName)
    },
  })
  t.match(summary, { done: 2 * phones, failed: 0, skipped: 0 })
  const turnsOf = (name: string) =>
    countIn(store, `capf_fleet.result r JOIN capf_fleet.worker w ON w.id = r.worker WHERE phase = 1 AND w.name = '${name}'`)
  t.ok((await turnsOf('two')) > 0, 'it had some of the phones')
  t.ok((await turnsOf('one')) > 0, 'which the other one had all had')
  t.ok(seen.has('SEP020000000000') && seen.has('SEP02000000003F'))
})

t.test('a fleet has its phones from a file, keeps them there, and each can be played again', async t => {
  const folder = t.testdir()
  const { store, server, options } = await begin(folder)
  await using _ = server
  await using _one = new OwnWorker(store, 'one')
  const plan = { ...options, phones: 12, fleet: `${folder}/phones.db` }
  const led = { store, workers: 1 }
  t.match(await runHere(plan, led).summary, { done: 12, failed: 0 })
  const out = `${folder}/out`
  const second = { ...plan, rounds: 'delete,install:50%', out }
  t.match(await runHere(second, led).summary, { failed: 0, operations: { delete: 12 } }, 'LSCs of the run before')
  const { password } = new URL(store)
  t.notMatch(readFileSync(`${out}/plan.json`, 'utf8'), password, 'whoever has the folder does not have the password')
  const phone = { folder: out, deviceName: 'SEP020000000003' }
  await t.rejects(replayPhone(phone), { code: 'FLEET_NO_PASSWORD', message: /set PGPASSWORD/ })
  const { turns } = await replayPhone({ ...phone, store })
  t.match(turns[0], { phaseName: 'delete', recorded: { operation: 'delete' } })
})
