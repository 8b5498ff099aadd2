import { setTimeout as delay } from 'node:timers/promises'
import { openDatabases, tell } from '@capfkit/test-postgres'
import t from 'tap'
import { FleetControl, reportRun, resumeDistributed, runDistributed, runFleet } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'
import { ledBy, OwnWorker, runHere } from './own-workers.ts'

const databases = await openDatabases()
t.teardown(() => databases[Symbol.asyncDispose]())

/** Four times as fast as planned. */
const faster = () => {
  const control = new FleetControl()
  control.setFactor(4)
  return control
}

const MANY = {
  phones: 90,
  concurrency: 12,
  rounds: 'install,delete:50%',
  key: 'ec:p256=1',
  auth: 'null=2,string=1',
  models: '8861=1,7821=1',
  seed: 11,
} as const

t.test('three workers do what one machine does, with the same seed', async t => {
  const folder = t.testdir({ local: {}, many: {} })
  const local = await (async () => {
    await using server = await LoadedServer.start({ folder: `${folder}/local` })
    const summary = await runFleet({ options: { ...MANY, ...server.options } })
    return { summary, rows: await server.rows() }
  })()
  const store = await databases.newDatabase()
  await using server = await LoadedServer.start({ folder: `${folder}/many`, store })
  await using stack = new AsyncDisposableStack()
  for (const name of ['one', 'two', 'three']) stack.use(new OwnWorker(store, name))
  const { said, summary: running } = runHere({ ...MANY, ...server.options }, { store, workers: 3 })
  const summary = await running
  const { done, planned } = local.summary
  t.match(summary, { verdict: 'pass', failed: 0, done, planned }, 'the same phones had the same turns')
  t.same(
    summary.rounds.map(round => round.done),
    local.summary.rounds.map(round => round.done),
  )
  const rows = await server.rows()
  const seen = ({ name, operation, status, authMode }: (typeof rows)[number]) => ({ name, operation, status, authMode })
  t.same(rows.map(seen), local.rows.map(seen), 'the same devices came to the same end')
  t.same(summary.operations, local.summary.operations)
  t.equal(summary.latencyMs.actual.count, done, 'histograms of all workers are added up')
  t.match(said.join('\n'), /worker (one|two|three) joined with 1 process; its clock is .* ms/)
  t.equal(said.filter(line => / joined /.test(line)).length, 3)
  const counts = await tell(
    store,
    'SELECT outcome, count(*)::int, count(DISTINCT worker)::int AS workers FROM capf_fleet.result GROUP BY 1',
  )
  t.same(counts, [{ outcome: 'done', count: done, workers: 3 }], 'each turn has one result, and each worker had some')
})

t.test('workers come and go while a run goes on, and it can be paused and stopped as any other', async t => {
  const store = await databases.newDatabase()
  await using server = await LoadedServer.start({ folder: t.testdir(), store })
  const options = { phones: 200, rate: 25, key: 'ec:p256=1', ...server.options }
  const control = new FleetControl()
  const { said, coordinator } = ledBy(store, 1)
  const one = new OwnWorker(store, 'one')
  await using two = new OwnWorker(store, 'two')
  let paused = 0
  const running = runDistributed({
    options,
    coordinator,
    control,
    onProgress: progress => {
      if (progress.stage !== 'phase' || progress.control.stopping) return
      if (progress.control.paused && progress.inFlight === 0 && ++paused === 2) control.resume()
      else if (progress.done >= 10 && paused === 0) control.pause()
      else if (progress.done >= 20 && paused >= 2) control.stop()
    },
  })
  while (!said.some(line => /worker one joined/.test(line))) await delay(50)
  while (!two.said.some(line => /joined/.test(line))) await delay(50)
  await one[Symbol.asyncDispose]()
  const summary = await running
  t.match(summary, { failed: 0, stopped: true, planned: 200 })
  t.ok(summary.done >= 20 && summary.done < 200, 'nothing more was started')
  t.match(said.at(-1), /^go on with: capf fleet resume --store postgres:\S+ --run [0-9a-f]{8}$/)
  t.match(said.join('\n'), /worker one has gone/)
  const out = t.testdir()
  const again = await resumeDistributed({ coordinator, control: faster(), out })
  t.match(again, { verdict: /./, done: 200, failed: 0, stopped: false, planned: 200 })
  t.same(await tell(store, 'SELECT count(*)::int AS n, count(DISTINCT phone)::int AS phones FROM capf_fleet.result'), [
    { n: 200, phones: 200 },
  ])
  const [first, whole] = [summary.rounds[0]!, again.rounds[0]!]
  t.match(again.rounds, [{ done: 200, failed: 0 }], 'a round that went on is told as a whole')
  t.ok(whole.seconds > first.seconds && whole.generatorCpuMs > first.generatorCpuMs)
  const report = await reportRun(out)
  t.match(report.summary, { done: 200, seconds: again.seconds, stopped: false }, 'files say what the screen says')
  const counted = ({ done, failed, seconds }: typeof whole) => ({ done, failed, seconds })
  t.same(report.summary.rounds.map(counted), again.rounds.map(counted))
  t.equal(report.summary.generator.cpuMs, again.generator.cpuMs)
})
