import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { encodeEntries, RUN_FORMAT, RUN_VERSION, type RunEntry } from '@capfkit/codec/run'
import type { Comparison, FleetSummary, RunReport } from '@capfkit/fleet'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

const cwd = t.testdir()

/** A run by hand: so many seconds with an operation every ten milliseconds, each of them so long. */
const writeRun = (name: string, { totalMs = 40, seconds = 10, footer = {} as object | false } = {}): string => {
  const folder = join(cwd, name)
  mkdirSync(folder)
  const operations = Array.from(
    { length: 100 * seconds },
    (_, phone): RunEntry => ({
      ...{ kind: 'operation', phone, deviceName: `SEP${phone}`, round: 0, operation: 0, startMs: 10 * phone, lateMs: 0 },
      ...{ totalMs: totalMs + (phone % 7), phases: [0], phasesMs: [totalMs] },
    }),
  )
  const header: RunEntry & { kind: 'header' } = {
    kind: 'header',
    ...{ format: RUN_FORMAT, version: RUN_VERSION, startedMs: Date.UTC(2026, 0, 15), part: 'run', process: 0 },
    ...{ processes: 1, seed: 5, options: [], target: '127.0.0.1:3804', phones: operations.length, phases: ['tls'] },
    ...{ operations: ['install'], rounds: [{ operation: 'install', total: operations.length }] },
  }
  const none = { because: [], stopped: false, serverProcesses: 0, serverMemoryBytes: 0, poolSize: 0, thresholds: [] }
  const end = footer && ({ kind: 'footer', endedMs: 1, verdict: 'pass', ...none, ...footer } as RunEntry)
  const over = { kind: 'roundEnd', number: 0, seconds, generatorCpuMs: 900, serverCpuMs: 0 } as const
  writeFileSync(join(folder, 'run.capfrun'), encodeEntries([header, over, ...(end ? [end] : [])]))
  const round = { kind: 'round', number: 0, startMs: 0 } as const
  writeFileSync(join(folder, 'part-0.capfrun'), encodeEntries([{ ...header, part: 'client' }, round, ...operations]))
  return folder
}

const [base, same, slow] = [writeRun('base'), writeRun('same'), writeRun('slow', { totalMs: 60 })]

const program = (...args: string[]) => capf(['fleet', ...args], { cwd })
const run = (...args: string[]) => onTerminal(['fleet', ...args], { isTTY: false })

t.test('a run that is recorded can be reported: the same figures, and every kind of file', async t => {
  const ran = await program('run', '--embedded', '--phones', '30', '--key', 'ec:p256', '--out', 'real', '--json')
  t.equal(ran.code, 0, ran.stderr)
  const files = ['--html', 'real.html', '--junit', 'real.xml', '--csv', 'real.csv']
  const { code, stdout, stderr } = await program('report', 'real', ...files)
  t.equal(code, 0, stderr)
  t.match(stdout, /^run of \d{4}-.* against 127\.0\.0\.1:\d+, seed 1\nPASS {2}30 of 30 operations done by 30 phones in /)
  t.equal(stderr, 'wrote real.html\nwrote real.xml\nwrote real.csv\n')
  t.match(readFileSync(join(cwd, 'real.html'), 'utf8'), /^<!doctype html>.*PASS/s)
  t.match(readFileSync(join(cwd, 'real.xml'), 'utf8'), /^<\?xml .*failures="0" errors="0"/s)
  t.equal(readFileSync(join(cwd, 'real.csv'), 'utf8').trimEnd().split('\r\n').length, 31)
  const json = await program('report', 'real', '--json')
  const { version, summary, complete } = JSON.parse(json.stdout) as RunReport
  t.match({ version, complete }, { version: 1, complete: true })
  const told = JSON.parse(ran.stdout) as FleetSummary
  t.match(summary, { done: told.done, latencyMs: told.latencyMs, phases: told.phases, rounds: told.rounds })
})

t.test('a file may be stdout, and then nothing else is', async t => {
  const { stdout, stderr } = await run('report', base, '--junit', '-')
  t.match(stdout, /^<\?xml /)
  t.match(stdout, /<\/testsuites>\n$/)
  t.equal(stderr, '')
})

t.test('a run that was killed is told as such', async t => {
  const { code, stdout } = await onTerminal(['fleet', 'report', writeRun('killed', { footer: false })], {
    isTTY: false,
  })
  t.equal(code, 0)
  t.match(stdout, /^STOPPED {2}1000 of 1000 operations .*\n +the run was killed: 1000 of 1000 operations had been recorded$/m)
})

t.test('a run that a process has is still running: on the screen, as JSON, as HTML, and beside another', async t => {
  const folder = writeRun('going', { footer: false })
  {
    // As the process of a run has it.
    using lock = new DatabaseSync(join(folder, 'run.lock'))
    lock.exec('BEGIN EXCLUSIVE')
    const page = join(folder, 'report.html')
    const text = await run('report', folder)
    t.match(
      text.stdout,
      /^STILL RUNNING {2}1000 of 1000 operations .*\n +the run is still going on: 1000 of 1000 operations are on record$/m,
    )
    const json = JSON.parse((await run('report', folder, '--json', '--html', page)).stdout) as RunReport
    t.match(json, { complete: false, running: true, summary: { verdict: 'running', stopped: false } })
    t.match(readFileSync(page, 'utf8'), /<title>running: .*<span class="verdict running">STILL RUNNING</s)
    t.match(
      (await run('compare', base, folder)).stdout,
      /^B is still running: its figures are those of what it has recorded so far$/m,
    )
    t.match((await run('report', base, '--json')).stdout, /"complete":true,"running":false/)
  }
  t.match((await run('report', folder)).stdout, /^STOPPED .*\n +the run was killed/m)
})

t.test('a folder that is no run: exit 2, with what to do; nothing is written', async t => {
  const { code, stdout, stderr } = await run('report', join(cwd, 'nowhere'), '--html', join(cwd, 'nowhere.html'))
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, /^capf: .*nowhere: the folder has no complete set of files of one run: .*\(RUN_INCOMPLETE\)$/m)
  t.notOk(existsSync(join(cwd, 'nowhere.html')))
  t.match(await run('report', base, '--html', 'no/such/folder.html'), { code: 1, stderr: /CLI_FILE_UNWRITABLE/ })
})

t.test('comparing: the same is exit 0, worse is exit 7, the other way round is better', async t => {
  const equal = await run('compare', base, same)
  t.equal(equal.code, 0, equal.stderr)
  t.match(equal.stdout, /^FIGURE +A +B +CHANGE +NOISE$/m)
  t.match(equal.stdout, /^p50 from scheduled start, ms +43\.0\d +43\.0\d +0\.0 % +\d+\.\d\d +the same$/m)
  t.match(equal.stdout, /^B is as good as A: nothing differs by more than noise$/m)
  const worse = await run('compare', base, slow)
  t.equal(worse.code, 7)
  t.match(worse.stdout, /^p50 from scheduled start, ms +43\.0\d +6\d\.\d\d +\+\d\d\.\d % +\d+\.\d\d +WORSE$/m)
  t.match(worse.stdout, /^B is worse than A$/m)
  t.equal((await run('compare', base, slow, '--tolerance', '90%')).code, 0)
  const better = await run('compare', slow, base, '--json')
  t.equal(better.code, 0)
  t.match(JSON.parse(better.stdout) as Comparison, { version: 1, verdict: 'better' })
})

t.test('an invalid run is not compared: exit 4, and why', async t => {
  const invalid = writeRun('invalid', { footer: { verdict: 'invalid', because: ['the generator lagged'] } })
  const { code, stdout } = await onTerminal(['fleet', 'compare', base, invalid])
  t.equal(code, 4)
  t.match(stdout, /^B is invalid: the generator lagged$/m)
})
