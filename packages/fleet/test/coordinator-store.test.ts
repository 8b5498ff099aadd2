import { openDatabases, tell } from '@capfkit/test-postgres'
import t, { type Test } from 'tap'
import { CoordinatorStore } from '../src/distributed/coordinator-store.ts'
import { AS_PLANNED } from '../src/distributed/run-store.ts'
import { openFleetDatabase } from '../src/distributed/schema.ts'
import { planOf } from '../src/plan/from-options.ts'
import { fleetOptions } from './fleet-options.ts'

const databases = await openDatabases()
t.teardown(() => databases[Symbol.asyncDispose]())

const PLAN = planOf(fleetOptions({ phones: 16 }))

/** A run with two slices, as its coordinator has it. */
const begin = async (t: Test) => {
  const url = await databases.newDatabase()
  const connections = openFleetDatabase(url)
  t.teardown(() => connections.close())
  const leadBy = (token: string) => new CoordinatorStore(connections, { run: '0badcafe', token, leaseMs: 30_000 })
  const store = leadBy('first')
  await store.reserve({ version: 'one', pace: AS_PLANNED })
  await store.open({ slices: 2, plan: PLAN, job: {} as never, ordered: 0 })
  return { url, store, leadBy }
}

t.test('a run that was stopped before its first phase has not gone back behind its beginning', async t => {
  const { url, store, leadBy } = await begin(t)
  await store.end('stopped')
  await leadBy('second').adopt({ pace: AS_PLANNED, anew: true })
  t.same(await tell(url, 'SELECT phasedone FROM capf_fleet.slice'), [{ phasedone: -1 }, { phasedone: -1 }])
  await leadBy('second').begin(0, 0)
  await tell(url, 'UPDATE capf_fleet.slice SET phasedone = 0 WHERE number = 1')
  await leadBy('second').end('stopped')
  await leadBy('third').adopt({ pace: AS_PLANNED, anew: true })
  const rows = await tell(url, 'SELECT phasedone FROM capf_fleet.slice')
  t.same(rows, [{ phasedone: -1 }, { phasedone: -1 }], 'of a phase that was stopped every slice has something left')
})
