import { openDatabases } from '@capfkit/test-postgres'
import t from 'tap'
import { givePhones, takePhones } from '../src/distributed/fleet-phones.ts'
import { keepingQueries, phonesNamed, phonesOf } from '../src/distributed/phone-rows.ts'
import { openFleetDatabase } from '../src/distributed/schema.ts'
import { FleetFile } from '../src/fleet-file/fleet-file.ts'
import type { EncodedPhone, Kept } from '../src/fleet-file/kept.ts'
import { identitiesOf } from '../src/identity.ts'
import { fleetOptions } from './fleet-options.ts'

const databases = await openDatabases()
const connections = openFleetDatabase(await databases.newDatabase())
t.teardown(async () => {
  await connections.close()
  await databases[Symbol.asyncDispose]()
})

const RUNS = ['00000001', '00000002', '00000003'] as const
for (const run of RUNS)
  await connections.run({
    text: `INSERT INTO capf_fleet.run (id, version, state, slices, plan, job, createdms, pace, coordinator, coordinatoruntilms)
           VALUES ($1, '', 'open', 1, '{}', '{}', 0, '{}', '', 0)`,
    values: [run],
  })

const key = (name: string) => ({ publicKeyDer: Buffer.from(`spki of ${name}`), privateKeyDer: Buffer.from(`pkcs8 of ${name}`) })
const credential = (name: string) => ({ certificateDer: Buffer.from(`certificate of ${name}`), key: key(name) })
const write = async (run: string, kept: readonly Kept[]) => {
  for (const query of keepingQueries(run, kept)) await connections.run(query)
}
const names = ['SEP020000000000', 'SEP020000000001'] as const
const [deviceName, other] = names
const ended = { kind: 'ended', deviceName, operation: 'install', atMs: 5 } as const

t.test('what becomes of a phone is there in the order in which it happened, in one batch and in several', async t => {
  const steps: Kept[] = [
    { kind: 'made', deviceName, model: '8861', mic: credential('mic') },
    { kind: 'made', deviceName: other, model: '7821', mic: undefined },
    { kind: 'madeKey', deviceName, model: '8861', ...key('one') },
    { ...ended, lsc: { now: credential('one') }, pendingKey: undefined },
    { kind: 'madeKey', deviceName, model: '8861', ...key('two') },
    { ...ended, lsc: undefined, pendingKey: key('two'), atMs: 6 },
  ]
  const expected: EncodedPhone[] = [
    {
      ...{ deviceName, model: '8861', mic: credential('mic'), lsc: credential('one'), pendingKey: key('two') },
      ended: { operation: 'install', atMs: 6 },
    },
    { deviceName: other, model: '7821' },
  ]
  await write(RUNS[0], steps)
  for (const step of steps) await write(RUNS[1], [step])
  for (const run of RUNS.slice(0, 2)) t.strictSame(await phonesNamed(connections, run, names), expected)
  await write(RUNS[0], [{ ...ended, operation: 'delete', lsc: { now: undefined }, pendingKey: undefined }])
  t.notOk((await phonesNamed(connections, RUNS[0], [deviceName]))[0]?.lsc)
  t.strictSame(await phonesNamed(connections, RUNS[0], ['SEP020000000009']), [])
})

t.test('keys stand once in a run, however many phones share them', async t => {
  const of = (deviceName: string): Kept => ({ kind: 'made', deviceName, model: '8861', mic: credential('shared') })
  await write(
    RUNS[1],
    Array.from({ length: 1_500 }, (_, index) => of(`SEP0A${String(index).padStart(10, '0')}`)),
  )
  const { rows } = await connections.run({
    text: `SELECT count(*)::int AS n FROM capf_fleet.key WHERE run = $1 AND spki = $2`,
    values: [RUNS[1], key('shared').publicKeyDer],
  })
  t.equal(rows[0]?.n, 1)
  let phones = 0
  for await (const page of phonesOf(connections, RUNS[1])) phones += page.length
  t.equal(phones, 1_502, 'and all pages have each phone once')
})

t.test('phones go from the file of a fleet to a run and back', async t => {
  const folder = t.testdir()
  const open = (name: string) => new FleetFile({ file: `${folder}/${name}.db`, onFailure: error => t.fail(error.message) })
  const run = RUNS[2]
  const identities = identitiesOf(fleetOptions({ phones: 2 }))
  await using before = open('before')
  before.keep({ kind: 'made', deviceName, model: '8861', mic: credential('mic') })
  before.keep({ ...ended, lsc: { now: credential('lsc') }, pendingKey: key('pending') })
  await before.flush()
  await givePhones(before, { connections, run, identities })
  const given = { deviceName, model: '8861', mic: credential('mic'), lsc: credential('lsc'), pendingKey: key('pending') }
  t.match(await phonesNamed(connections, run, names), [given])
  await write(run, [
    { kind: 'made', deviceName: other, model: '7821', mic: undefined },
    { kind: 'madeKey', deviceName: other, model: '7821', ...key('other') },
    { ...ended, operation: 'delete', lsc: { now: undefined }, pendingKey: undefined },
  ])
  await using after = open('after')
  await takePhones(after, { connections, run })
  const { lsc: _, pendingKey: __, ...rest } = given
  t.strictSame(after.encoded(deviceName), rest)
  t.strictSame(after.encoded(other), { deviceName: other, model: '7821', pendingKey: key('other') })
})
