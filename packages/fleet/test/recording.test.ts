import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FLEET_OPTIONS, type FleetOptions, reportRun, runFleet } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'
import { entriesOf, ofKind } from './recorded-run.ts'

const run = (options: Partial<FleetOptions>) =>
  runFleet({ options: { embedded: true, phones: 30, poolKeys: 4, key: 'ec:p256', ...options } })

t.test('every operation of every phone is recorded once, with its phases, by the process that ran it', async t => {
  const out = t.testdir()
  const summary = await run({ out, processes: 2, rounds: 'install,delete:50%', auth: 'null=1,string=1' })
  const { 'run.capfrun': lead = [], ...parts } = entriesOf(out)
  t.strictSame(Object.keys(parts), ['part-0.capfrun', 'part-1.capfrun'])
  const [header] = ofKind(lead, 'header')
  t.match(header, {
    part: 'run',
    processes: 2,
    seed: 1,
    phones: 30,
    rounds: [{ operation: 'install', total: 30 }, { operation: 'delete' }],
  })
  t.strictSame(
    header!.options.map(({ name }) => name).filter(name => !Object.hasOwn(FLEET_OPTIONS, name)),
    [],
  )
  t.match(
    header!.options.find(({ name }) => name === 'auth'),
    { value: '"null=1,string=1"' },
  )
  t.strictSame(
    ofKind(lead, 'roundEnd').map(({ number, seconds }) => [number, seconds]),
    summary.rounds.map(({ seconds }, number) => [number, seconds]),
  )
  t.match(lead.at(-1), { kind: 'footer', verdict: 'pass', because: [], stopped: false, serverProcesses: 1 })
  const seen = new Set<string>()
  for (const [name, entries] of Object.entries(parts)) {
    const [own] = ofKind(entries, 'header')
    t.match(own, { part: 'client', process: Number(name[5]), phones: 30 })
    t.ok(own!.startedMs > header!.startedMs)
    t.ok(ofKind(entries, 'health').length >= 1)
    t.strictSame(
      ofKind(entries, 'round').map(({ number }) => number),
      [0, 1],
    )
    for (const { phone, deviceName, round, totalMs, phases, phasesMs, failure, operation } of ofKind(entries, 'operation')) {
      seen.add(`${phone} ${deviceName} ${round}`)
      t.equal(phone % 2, own!.process)
      t.equal(own!.operations[operation], ['install', 'delete'][round])
      t.equal(failure, undefined)
      t.equal(phases.length, phasesMs.length)
      const sum = phasesMs.reduce((total, ms) => total + ms, 0)
      t.ok(sum > 0 && sum <= totalMs + 0.01, 'the phases are in the whole')
    }
  }
  t.equal(seen.size, summary.planned)
})

t.test('a report from the files alone says what the run said', async t => {
  const out = t.testdir()
  const summary = await run({ out, phones: 60, processes: 2, rate: 200, rounds: 'install,upgrade', keyGenerationDelayMs: 20 })
  const { complete, tornBytes, summary: told, intervals, intervalSeconds, roundStarts, health, target } = await reportRun(out)
  t.match({ complete, tornBytes }, { complete: true, tornBytes: 0 })
  t.match(target, /^127\.0\.0\.1:\d+$/)
  // The recording looks at the process by itself, at moments of its own.
  const { eventLoopDelayMs: _, memoryBytes: __, health: ___, ...generator } = summary.generator
  t.match(told, { ...summary, generator })
  const judged = ({ generator }: Pick<typeof summary, 'generator'>) => generator.health.map(({ name, verdict }) => [name, verdict])
  t.strictSame(judged(told), judged(summary))
  t.equal(told.generator.eventLoopDelayMs.p99, summary.generator.eventLoopDelayMs.p99, 'of the whole run, not of its worst second')
  const total = (value: (interval: (typeof intervals)[number]) => number) =>
    Math.round(intervals.reduce((sum, interval) => sum + value(interval), 0) * intervalSeconds)
  t.equal(
    total(({ donePerSecond }) => donePerSecond),
    summary.done,
  )
  t.equal(
    total(({ startedPerSecond }) => startedPerSecond),
    summary.planned,
  )
  t.match(
    roundStarts.map(({ number, operation }) => [number, operation]),
    [
      [0, 'install'],
      [1, 'upgrade'],
    ],
  )
  t.ok(roundStarts[1]!.atSeconds >= summary.rounds[0]!.seconds - 0.1)
  t.ok(health.length >= 1 && health.every(({ memoryBytes }) => memoryBytes > 1e6))
  t.ok(
    intervals.every(({ scheduledMs }) => !scheduledMs || scheduledMs.p50 >= 20),
    'as long as the key takes',
  )
})

t.test('of what failed, the bytes are kept, and no authentication string is in any file that others may read', async t => {
  const phones = 'name,auth,authString\nSEP001122334455,string,8675309\nSEP001122334456,string,8675309\n'
  const folder = t.testdir({ 'phones.csv': phones })
  const [out, csv] = [join(folder, 'out'), join(folder, 'phones.csv')]
  await using server = await LoadedServer.start({ folder, options: { logLevel: 'silent' } })
  const { store: _, ...target } = server.options
  const summary = await runFleet({ options: { ...target, csv, out, processes: 1, concurrency: 1 } })
  t.match(summary, { done: 0, failed: 2, verdict: 'fail' })
  const failed = ofKind(entriesOf(out)['part-0.capfrun'] ?? [], 'operation')
  t.equal(failed.length, 2)
  t.match(failed[0], {
    deviceName: 'SEP001122334455',
    failure: { side: 'server', phase: 'auth', reason: 'PHONE_UNKNOWN_DEVICE', detail: /REASON 9/ },
  })
  for (const name of readdirSync(out)) {
    const isPrivate = (statSync(join(out, name)).mode & 0o077) === 0
    t.ok(isPrivate || !readFileSync(join(out, name)).includes('8675309'), name)
    t.notOk(isPrivate && name.endsWith('.capfrun'), 'what is recorded may be shown around')
  }
  const { failures, droppedFrames, summary: told } = await reportRun(out)
  t.equal(droppedFrames, 0)
  t.match(told, { verdict: 'fail', because: ['2 of 2 operations failed, and --max-failed is 0%'] })
  t.match(failures, [{ reason: 'PHONE_UNKNOWN_DEVICE', examples: [{ deviceName: 'SEP001122334455', round: 0 }, {}] }])
  const { frames } = failures[0]!.examples[0]!
  t.strictSame(
    frames.map(({ from, name }) => [from, name]),
    [
      ['server', 'AUTH_REQUEST'],
      ['client', 'AUTH_RESPONSE'],
      ['server', 'END_SESSION'],
    ],
  )
  t.match(frames[1]!.hex, Buffer.from('*******\0').toString('hex'), 'the string is there as stars')
})

t.test('a run that replaces an earlier one leaves none of its parts', async t => {
  const out = t.testdir({ 'part-7.capfrun': 'of a run with eight processes', 'notes.txt': 'mine' })
  await run({ out, phones: 5, processes: 1, replace: true })
  t.ok(readdirSync(out).includes('notes.txt'))
  t.notOk(readdirSync(out).includes('part-7.capfrun'))
  t.match(await reportRun(out), { complete: true, summary: { done: 5 } })
})

t.test('a folder in which nothing can be recorded is told before anything runs', async t => {
  const out = t.testdir()
  mkdirSync(join(out, 'run.capfrun'))
  writeFileSync(join(out, 'run.capfrun', 'in the way'), '')
  await t.rejects(run({ out, replace: true }), { name: 'FleetError', code: 'FLEET_RECORDING', where: out })
})
