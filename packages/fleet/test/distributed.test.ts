import { openDatabases, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { runDistributed, runFleet, runFleetWorker } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'

const databases = await openDatabases()
t.teardown(() => databases[Symbol.asyncDispose]())

const VERSION = 'of-this-test'
const MANY = { phones: 120, concurrency: 12, key: 'ec:p256=1', auth: 'null=2,string=1', models: '8861=1,7821=1', seed: 11 } as const

/** Workers of a run in this process, which leave together. */
const startWorkers = (store: string, names: readonly string[]) => {
  const controller = new AbortController()
  const { signal } = controller
  const said: string[] = []
  const all = names.map(name =>
    runFleetWorker({ store, processes: 1, name, version: VERSION, signal, onSay: sentence => said.push(`${name}: ${sentence}`) }),
  )
  return {
    said,
    async [Symbol.asyncDispose]() {
      controller.abort()
      await Promise.all(all)
    },
  }
}

t.test('three workers do what one machine does, with the same seed', async t => {
  const folder = t.testdir({ local: {}, many: {} })
  const local = await (async () => {
    await using server = await LoadedServer.start({ folder: `${folder}/local` })
    const summary = await runFleet({ options: { ...MANY, ...server.options } })
    return { summary, rows: await server.rows() }
  })()
  const store = await databases.newDatabase()
  await using server = await LoadedServer.start({ folder: `${folder}/many`, store })
  const said: string[] = []
  await using _workers = startWorkers(store, ['one', 'two', 'three'])
  const summary = await runDistributed({
    options: { ...MANY, ...server.options },
    coordinator: { store, workers: 3, version: VERSION, onSay: sentence => said.push(sentence) },
  })
  t.match(summary, { verdict: 'pass', done: 120, failed: 0, planned: 120 })
  const rows = await server.rows()
  const seen = ({ name, operation, status, authMode }: (typeof rows)[number]) => ({ name, operation, status, authMode })
  t.same(rows.map(seen), local.rows.map(seen), 'the same devices came to the same end')
  t.same(summary.operations, local.summary.operations)
  t.equal(summary.latencyMs.actual.count, 120, 'histograms of all workers are added up')
  t.match(said.join('\n'), /worker (one|two|three) joined with 1 process; its clock is .* ms/)
  t.equal(said.filter(line => / joined /.test(line)).length, 3)
  const counts = await tell(
    store,
    'SELECT outcome, count(*)::int, count(DISTINCT worker)::int AS workers FROM capf_fleet.result GROUP BY 1',
  )
  t.same(counts, [{ outcome: 'done', count: 120, workers: 3 }], 'each phone has one result, and each worker had some')
})
