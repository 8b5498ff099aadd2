import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeEntries } from '@capfkit/codec/run'
import { MemoryDeviceStore } from '@capfkit/server'
import t from 'tap'
import { identitiesOf } from '../src/identity.ts'
import { reportRun } from '../src/index.ts'
import { orderPhase } from '../src/orders.ts'
import { planOf } from '../src/plan/from-options.ts'
import { goOn } from '../src/resume/go-on.ts'
import { readStanding } from '../src/resume/run-standing.ts'
import { fleetOptions } from './fleet-options.ts'
import { headerOf, writeRun } from './written-run.ts'

const plan = planOf(fleetOptions({ phones: 10, rounds: 'install,delete' }))
const identities = identitiesOf(plan.options)
const rounds = plan.phases.map(({ name }) => ({ operation: name, total: 10 }))

t.test('what a server did of a phase of which nothing is on record yet is counted in that phase', async t => {
  const folder = writeRun(t.testdir(), { operations: Array.from({ length: 10 }, () => ({})), footer: false })
  const lead = (generation: number) => headerOf({ phones: 10, rounds, generation })
  writeFileSync(join(folder, 'run.capfrun'), encodeEntries([lead(0), { kind: 'ordered', round: 0 }, { kind: 'ordered', round: 1 }]))
  const store = new MemoryDeviceStore()
  await orderPhase(store, { plan, number: 0 })
  await orderPhase(store, { plan, number: 1 })
  for (const index of [2, 5, 7]) await store.change(identities.at(index).deviceName, { operation: 'none' })
  const past = await readStanding(folder)
  t.match(past, { phase: 1, ordered: true, standing: { turns: 0 } })
  const went = await goOn(past, { plan, identities, store, fleetFile: undefined, recording: undefined })
  t.match(went, { tally: { done: 13 }, standing: { turns: 3 } })
  t.match(went.rounds, [
    { operation: 'install', done: 10 },
    { operation: 'delete', done: 3, failed: 0 },
  ])

  const recovered = [2, 5, 7].map(phone => ({ kind: 'recovered', phone, round: 1, operation: 1 }) as const)
  writeFileSync(join(folder, 'run.1.capfrun'), encodeEntries([lead(1), ...recovered]))
  t.match((await reportRun(folder)).summary.rounds, [{ done: 10 }, { operation: 'delete', done: 3 }], 'nor when it stops there')
})
