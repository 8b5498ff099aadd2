import { type Device, MemoryDeviceStore } from '@capfkit/server'
import t from 'tap'
import { authStringOf, identitiesOf } from '../src/identity.ts'
import { orderPhase } from '../src/orders.ts'
import { planOf } from '../src/plan/from-options.ts'
import { takesPart } from '../src/plan/sequence.ts'
import { fleetOptions, range } from './fleet-options.ts'
import { rowsOf } from './loaded-server.ts'

const PENDING = 2
const options = fleetOptions({
  phones: 1200,
  seed: 4,
  auth: 'null=1,string=1,lsc=1,mic=1',
  key: 'rsa:1024=1,rsa:4096=1,ec:p256=1,ec:p521=1',
  rounds: 'install:50%,delete:25%',
})
const plan = planOf(options)
const identities = identitiesOf(options)

const ordered = async (...rounds: number[]) => {
  const store = new MemoryDeviceStore()
  for (const number of rounds) await orderPhase(store, { plan, number })
  return store
}

t.test('the first round makes a row for each phone, with its mode and its key', async t => {
  const store = await ordered(0)
  const rows = await rowsOf(store)
  t.equal(rows.length, 1200, 'more than one batch, and those that do not take part')
  const wrong: unknown[] = []
  for (const index of range(1200)) {
    const { deviceName, authMode, key } = identities.at(index)
    const row = await store.get(deviceName)
    const isKey = key.type === 'rsa' ? row?.keyOrder === 'rsa' && row.rsaBits === key.bits : row?.keyOrder === 'ec'
    if (row?.authMode !== authMode || !isKey) wrong.push({ key, row })
  }
  t.strictSame(wrong, [])
  t.strictSame(new Set(rows.flatMap(({ keyOrder, ecBits }) => (keyOrder === 'ec' ? [ecBits] : []))), new Set([256, 521]))
})

t.test('who takes part has the operation pending and, by string, the string that the phone uses; others have neither', async t => {
  const store = await ordered(0)
  const wrong: unknown[] = []
  let taking = 0
  for (const index of range(1200)) {
    const { deviceName, authMode } = identities.at(index)
    const row = (await store.get(deviceName))!
    const takes = takesPart({ seed: 4, index, round: 0 }, 0.5)
    if (takes) taking++
    const authString = takes && authMode === 'string' ? authStringOf({ seed: 4, index, round: 0 }) : undefined
    const expected = takes ? { operation: 'install', status: PENDING, authString } : { operation: 'none', status: 1, authString }
    if (Object.entries(expected).some(([field, value]) => row[field as keyof Device] !== value)) wrong.push(row)
  }
  t.strictSame(wrong, [])
  t.ok(taking > 500 && taking < 700, `${taking} of 1200`)
})

t.test('a later round changes those that take part, with new strings, and leaves the others', async t => {
  const [before, store] = [await ordered(0), await ordered(0, 1)]
  const wrong: unknown[] = []
  let deleted = 0
  for (const index of range(1200)) {
    const { deviceName, authMode } = identities.at(index)
    const [was, row] = [(await before.get(deviceName))!, (await store.get(deviceName))!]
    if (takesPart({ seed: 4, index, round: 1 }, 0.25)) {
      deleted++
      const authString = authMode === 'string' ? authStringOf({ seed: 4, index, round: 1 }) : undefined
      if (row.operation !== 'delete' || row.status !== PENDING || row.authString !== authString) wrong.push(row)
    } else if (JSON.stringify(row) !== JSON.stringify(was)) wrong.push(row)
  }
  t.strictSame(wrong, [])
  t.ok(deleted > 200 && deleted < 400, `${deleted} of 1200`)
})

t.test('rows of an earlier run are replaced, those of other devices are not touched', async t => {
  const { deviceName } = identities.at(0)
  const store = new MemoryDeviceStore()
  const earlier = { operation: 'troubleshoot', authMode: 'string', authString: 'old', status: 13 } as const
  await store.add([
    { name: deviceName, ...earlier },
    { name: 'SEPFFFFFFFFFFFF', ...earlier },
  ])
  await orderPhase(store, { plan, number: 0 })
  t.not((await store.get(deviceName))?.authString, 'old')
  t.not((await store.get(deviceName))?.status, 13)
  t.match(await store.get('SEPFFFFFFFFFFFF'), earlier)
  t.equal(await store.count(), 1201)
})

t.test('a string from a CSV is ordered as it stands there, in each round', async t => {
  const csv = `${t.testdir({ 'phones.csv': 'name,auth,authString\nSEP1,string,0042\nSEP2,null,77\n' })}/phones.csv`
  const store = new MemoryDeviceStore()
  const ofCsv = fleetOptions({ csv, rounds: 'install,delete' })
  for (const round of [0, 1]) {
    await orderPhase(store, { plan: planOf(ofCsv), number: round })
    t.match(await store.get('SEP1'), { authMode: 'string', authString: '0042' })
    t.match(await store.get('SEP2'), { authMode: 'null', authString: undefined })
  }
})

t.test('after a stop nothing more is ordered', async t => {
  const store = new MemoryDeviceStore()
  await orderPhase(store, { plan, number: 0, signal: AbortSignal.abort() })
  t.equal(await store.count(), 0)
})
