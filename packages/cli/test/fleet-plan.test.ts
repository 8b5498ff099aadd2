import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FleetSummary } from '@capfkit/fleet'
import t from 'tap'
import { repeatLine, repeatPlanLine } from '../src/fleet/repeat.ts'
import { exitOf } from '../src/fleet/run.ts'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

const cwd = t.testdir({
  'plan.yaml': `title: Two phases
embedded: true
phones: 12
processes: 1
serverWorkers: 1
key: ec:p256
phases:
  - { name: first, arrivals: { concurrency: 4 } }
  - { name: second, operations: delete, share: 50%, arrivals: { burst: 100ms } }
thresholds: [failed <= 0%, p50 < 1m]
`,
  'ten.yaml': `phnoes: 1
seed: -1
auth: kerberos
key: { 'rsa:2047': 1 }
models: 8861=x
server: nowhere
phases:
  - arrivals: { rate: fast }
  - share: half
  - { after: 5 }
thresholds: [p98 < 1s]
`,
})

const check = (...args: string[]) => onTerminal(['fleet', 'plan', ...args], { isTTY: false })

t.test('a plan is run, and the command that repeats it names it with its seed', async t => {
  const { code, stdout, stderr } = await capf(['fleet', 'run', 'plan.yaml', '--seed', '5', '--threshold', 'p99 < 0.001ms'], { cwd })
  // A machine that is busy with other things may make the run invalid.
  t.equal(code, /^INVALID/.test(stdout) ? 4 : 3, `${stdout}${stderr}`)
  t.match(stdout, /^(?:FAIL|INVALID) {2}\d+ of \d+ operations done by 12 phones/)
  t.match(stdout, /^ {2}round 1 {2}first +12 done/m)
  t.match(stdout, /^ {2}round 2 {2}second +\d+ done/m)
  t.match(stdout, /^thresholds\n {2}MISSED {2}p99 < 0\.001ms {2}.*ms$/m)
  t.match(stderr, /^Two phases$/m)
  t.match(stderr, /^repeat with: capf fleet run plan\.yaml --seed 5 --threshold 'p99 < 0\.001ms'$/m)
})

t.test('a plan with ten mistakes names all ten with their lines, run or checked', async t => {
  const lines = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
  const expected = lines.map(line => new RegExp(`^capf: ten\\.yaml:${line}:\\d+: .* \\(CONFIG_[A-Z_]+\\)$`))
  const { code, stdout, stderr } = await capf(['fleet', 'run', 'ten.yaml'], { cwd })
  t.equal(code, 2)
  t.equal(stdout, '')
  const told = stderr.trimEnd().split('\n')
  t.equal(told.length, 10, stderr)
  t.match(told, expected)
  const { code: checked, stderr: same } = await capf(['fleet', 'plan', 'check', 'ten.yaml'], { cwd })
  t.equal(checked, 2)
  t.equal(same, stderr)
})

t.test('what a plan will do is told without doing it', async t => {
  const { code, stdout } = await check('check', join(cwd, 'plan.yaml'))
  t.equal(code, 0)
  t.match(stdout, /: Two phases$/m)
  t.match(stdout, /^first +install +12 of 12 +4 at once +12 +until done$/m)
  t.match(stdout, /^second +delete +\d+ of 12 +all within 100ms +\d+ +until done$/m)
  t.match(stdout, /^threshold: failed <= 0%$/m)
  const { stdout: json } = await check('check', join(cwd, 'plan.yaml'), '--json')
  t.match(JSON.parse(json), { version: 1, title: 'Two phases', phones: 12, phases: [{ name: 'first', sessions: 12 }, {}] })
})

t.test('an operation is told by the word of the plan, whatever it comes to', async t => {
  writeFileSync(
    join(cwd, 'words.yaml'),
    'embedded: true\nphases: [{ operations: upgrade }, { operations: { upgrade: 3, install: 1 } }]\n',
  )
  const { stdout } = await check('check', join(cwd, 'words.yaml'))
  t.match(stdout, /^upgrade +upgrade +100 of 100 /m)
  t.match(stdout, /^upgrade, install +upgrade=3,install=1 +100 of 100 /m)
  writeFileSync(join(cwd, 'rounds.yaml'), 'embedded: true\nrounds: install,upgrade:50%\n')
  t.match((await check('check', join(cwd, 'rounds.yaml'))).stdout, /^install +install .*\nupgrade +upgrade /m)
})

t.test('the schema is printed, and a wrong use of the command is told', async t => {
  const { code, stdout } = await check('--schema')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { $schema: /2020-12/, properties: { phases: {}, phones: {} } })
  for (const args of [[], ['check'], ['chekc', 'x.yaml']]) t.match(await check(...args), { code: 2, stderr: /CLI_USAGE/ })
  t.match(await check('check', join(cwd, 'none.yaml')), { code: 2, stderr: /none\.yaml: the file cannot be read/ })
  writeFileSync(join(cwd, 'syntax.yaml'), 'a: [1\nb: 2\n')
  t.match(await check('check', join(cwd, 'syntax.yaml')), { code: 2, stderr: /syntax\.yaml:\d+:\d+: .*CONFIG_SYNTAX/ })
})

t.test('flags beside a plan are checked with it, in their own words', async t => {
  const { code, stderr } = await capf(['fleet', 'run', 'plan.yaml', '--rate', '5', '--rounds', 'install'], { cwd })
  t.equal(code, 2)
  t.match(stderr, /^capf: plan\.yaml:7:1: phases say when sessions start: leave rounds and rate out/)
  t.match(await capf(['fleet', 'run', 'plan.yaml', '--threshold', 'p98 < 1s'], { cwd }), { code: 2, stderr: /--threshold .*p98/ })
})

t.test('a run that failed by its figures alone has an exit code of its own', async t => {
  const base = {
    stopped: false,
    unreachable: false,
    verdict: 'fail',
    tooManyFailed: false,
    thresholds: [],
  } as unknown as FleetSummary
  const missed = (says: 'failures' | 'figures', ok = false) => ({ name: '', wanted: '', got: '', ok, says })
  t.equal(exitOf({ ...base, thresholds: [missed('figures'), missed('failures', true)] }), 3)
  t.equal(exitOf({ ...base, thresholds: [missed('figures'), missed('failures')] }), 1)
  t.equal(exitOf({ ...base, thresholds: [missed('figures')], tooManyFailed: true }), 1)
  t.equal(exitOf({ ...base, thresholds: [missed('figures')], verdict: 'invalid' }), 4)
  t.equal(exitOf({ ...base, verdict: 'pass', thresholds: [missed('figures', true)] }), 0)
})

t.test('what repeats a run has every text of a list, as a shell takes it', async t => {
  t.equal(
    repeatPlanLine('my plan.yaml', { seed: 3, threshold: ['p99 < 1s', 'rate > 5/s'], embedded: false }),
    "repeat with: capf fleet run 'my plan.yaml' --no-embedded --seed 3 --threshold 'p99 < 1s' --threshold 'rate > 5/s'",
  )
  t.match(repeatLine({ seed: 1, threshold: [] } as never), /^repeat with: capf fleet run --seed 1$/)
  const store = 'postgres://capf:secret@db/capf'
  t.equal(
    repeatPlanLine('p.yaml', { store, workers: 3 }),
    'repeat with: capf fleet run p.yaml --store postgres://capf@db/capf --workers 3',
  )
  t.match(repeatLine({ seed: 1, store, workers: 0 } as never), /--store postgres:\/\/capf@db\/capf --seed 1 --workers 0$/)
  t.notMatch(repeatLine({ seed: 1, store, workers: 1 } as never), /--workers/, 'which is so without being said')
})
