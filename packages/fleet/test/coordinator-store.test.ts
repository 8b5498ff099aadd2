import { DATABASE_NOW } from '@capfkit/server'
import { openDatabases, tell } from '@capfkit/test-postgres'
import t, { type Test } from 'tap'
import { CoordinatorStore } from '../src/distributed/coordinator-store.ts'
import { AS_PLANNED } from '../src/distributed/run-store.ts'
import { openFleetDatabase } from '../src/distributed/schema.ts'
import { SliceQueue } from '../src/distributed/slice-queue.ts'
import { WorkerRoster } from '../src/distributed/worker-roster.ts'
import { planOf } from '../src/plan/from-options.ts'
import { fleetOptions, range } from './fleet-options.ts'

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

const addWorker = (url: string, id: string, leaseMs = 60_000) =>
  tell(
    url,
    `INSERT INTO capf_fleet.worker (id, run, name, processes, clockoffsetms, roundtripms, aliveuntilms, state)
     VALUES ('${id}', '0badcafe', '${id}', 1, 0, 0, ${DATABASE_NOW} + ${leaseMs}, 'alive')`,
  )

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

t.test('what workers told is read page by page, in the order of each, from the last that is known', async t => {
  const { url, store } = await begin(t)
  for (const id of ['a', 'b', 'c']) await addWorker(url, id)
  await tell(
    url,
    `INSERT INTO capf_fleet.report (run, worker, seq, phase, atms, told)
     SELECT '0badcafe', w.id, n, 0, n, '[]' FROM (VALUES ('a', 57), ('b', 40), ('c', 3)) w (id, last), generate_series(0, w.last) n`,
  )
  const read = async (known?: ReadonlyMap<string, number>) => {
    const numbers: Record<string, number[]> = {}
    for await (const { worker, seq } of store.reports(known)) numbers[worker] = [...(numbers[worker] ?? []), seq]
    return numbers
  }
  t.same(await read(), { a: range(58), b: range(41), c: range(4) })
  const known = { a: 50, b: 40, c: 0 }
  t.same(await read(new Map(Object.entries(known))), { a: [51, 52, 53, 54, 55, 56, 57], c: [1, 2, 3] })
})

t.test('a phase takes the time in which somebody had it: what lies before a run was taken up is left out', async t => {
  const { url, store, leadBy } = await begin(t)
  await store.begin(0, 0)
  t.equal(await store.seconds(0), undefined, 'nothing has ended')
  // The run was made an hour ago.
  await tell(url, 'UPDATE capf_fleet.run SET createdms = createdms - 3600000, beganms = createdms - 3600000 + 1000')
  const ended = (phone: number, startedMs: number, totalMs: number) =>
    tell(
      url,
      `INSERT INTO capf_fleet.result (run, phase, phone, lap, worker, outcome, startedms, totalms, entry)
       VALUES ('0badcafe', 0, ${phone}, 0, 'a', 'done', ${startedMs}, ${totalMs}, '')`,
    )
  await ended(0, 1_500, 100)
  await ended(1, 2_500, 500)
  t.equal(await store.seconds(0), 2, 'from the beginning of the phase to the last end')
  await addWorker(url, 'a')
  await tell(url, 'UPDATE capf_fleet.run SET coordinatoruntilms = 0')
  await leadBy('second').adopt({ pace: AS_PLANNED, anew: false })
  t.same(await tell(url, 'SELECT takenupms FROM capf_fleet.run'), [{ takenupms: [] }], 'a worker has gone on meanwhile')
  await leadBy('second').end('stopped')
  await leadBy('third').adopt({ pace: AS_PLANNED, anew: true })
  const [row] = await tell(url, 'SELECT takenupms[1] - createdms AS ms FROM capf_fleet.run')
  const takenUpMs = Number(row?.ms)
  await ended(2, takenUpMs + 4_000, 250)
  await ended(3, takenUpMs + 4_100, 400)
  const many = 50_001
  await tell(
    url,
    `INSERT INTO capf_fleet.result (run, phase, phone, lap, worker, outcome, startedms, totalms, entry)
     SELECT '0badcafe', 0, 7 + n, 0, 'a', 'done', 1500, 1, '' FROM generate_series(1, ${many}) n`,
  )
  t.equal(await store.turns(0), 4 + many, 'more than one statement looks at')
  t.equal(await store.startMs(0), 1_500)
  t.equal(
    await store.seconds(0),
    2.5,
    'an hour in which nobody had it, and the time until the first phone, are no time of the phase',
  )
})

t.test('what a coordinator writes may come twice', async t => {
  const { url, store } = await begin(t)
  const made = () => tell(url, 'SELECT createdms, (SELECT count(*)::int FROM capf_fleet.slice) AS slices FROM capf_fleet.run')
  const before = await made()
  await store.open({ slices: 2, plan: PLAN, job: {} as never, ordered: 0 })
  t.same(await made(), before)
  await store.begin(0, 500)
  const begun = () => tell(url, 'SELECT phase, beganms FROM capf_fleet.run')
  const first = await begun()
  await store.begin(0, 500)
  t.same(await begun(), first)
})

t.test('who goes is told once, and that others take the phones only where there are others', async t => {
  const { url, store } = await begin(t)
  const said: string[] = []
  const gone: string[] = []
  const roster = new WorkerRoster({ run: store, onSay: line => said.push(line), onGone: id => gone.push(id) })
  const look = async () => {
    said.length = 0
    await roster.look()
    roster.tellJoined()
    roster.tellGone({ isWanted: true })
    return said.join('\n')
  }
  for (const id of ['a', 'b', 'c']) await addWorker(url, id)
  t.match(await look(), /^worker a joined .*\nworker b joined .*\nworker c joined /)
  t.equal(roster.there, 3)
  const leave = (ids: string) => tell(url, `UPDATE capf_fleet.worker SET state = 'left' WHERE id IN (${ids})`)
  await leave("'a'")
  t.equal(await look(), 'worker a has gone; others take its phones')
  await leave("'b', 'c'")
  t.equal(
    await look(),
    'worker b has gone\nworker c has gone\nno worker is left; start one with capf fleet worker --store postgres://…',
  )
  t.equal(await look(), '', 'once')
  t.same(gone, ['a', 'b', 'c'])
})

t.test('a run that somebody has deleted leaves no queue behind when another one begins', async t => {
  const { store } = await begin(t)
  await using queue = await SliceQueue.open(store.connections)
  for (const run of ['0badcafe', 'deadbeef']) await queue.create(run)
  await queue.offer('deadbeef', [0, 1])
  await queue.dropOthers(await store.runs())
  t.same(await queue.take('deadbeef', 2), [], 'nobody is handed anything of it')
  await queue.offer('0badcafe', [0, 1])
  t.same((await queue.take('0badcafe', 2)).sort(), [0, 1])
  const left = await store.connections.run({ text: 'SELECT name FROM capf_fleet_queue.queue', values: [] })
  t.same(
    left.rows.map(({ name }) => name),
    ['slices-0badcafe'],
  )
})
