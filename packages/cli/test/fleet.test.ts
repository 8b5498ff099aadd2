import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { parseOptions } from '@capfkit/codec/options'
import { FLEET_OPTIONS, type FleetSummary } from '@capfkit/fleet'
import { freePort } from '@capfkit/listen'
import t from 'tap'
import { repeatLine } from '../src/fleet/repeat.ts'
import { exitOf } from '../src/fleet/run.ts'
import { capf, outcome, RunningServer, signalAt, startCapf } from './program.ts'
import { operationOnRecord } from './run-on-record.ts'
import { onTerminal } from './terminal.ts'

const cwd = t.testdir({ 'phones.csv': 'name\nSEP 1\nSEP 2\n' })
/** No RSA keys are needed: nothing is made ahead. */
const EC = ['--key', 'ec:p256']
const fleet = (...args: string[]) => capf(['fleet', 'run', ...args], { cwd })
const lines = (text: string) => text.trimEnd().split('\n')

t.test('a run with a server of its own: the summary on stdout, how it went on stderr, exit 0', async t => {
  const { code, stdout, stderr } = await fleet('--embedded', '--phones', '50', ...EC)
  t.equal(code, 0, stderr)
  const expected = [
    /^PASS {2}50 of 50 operations done by 50 phones in \d+\.\d s, \d+\/s$/,
    /^$/,
    /^ {2}round 1 {2}install +50 done +0 failed +\d+\.\d s +\d+\/s$/,
    /^$/,
    /^latency, ms +p50 +p90 +p99 +p99\.9 +max$/,
    /^ {2}from scheduled start( +\d+(\.\d)?){5}$/,
    /^ {2}from actual start( +\d+(\.\d)?){5}$/,
  ]
  t.match(lines(stdout).slice(0, 7), expected)
  for (const phase of ['connect', 'tls', 'greeting', 'auth', 'keyGeneration', 'issue', 'store', 'end'])
    t.match(stdout, new RegExp(`^    ${phase}( +\\d+(\\.\\d)?){5}$`, 'm'))
  t.match(stdout, /^keys {7}50 keys, each generated for its phone$/m)
  t.match(stdout, /^generator {2}\d process/m)
  t.match(stdout, /^server {5}\d process/m)
  t.match(stdout, /^ +loopback run: server and phones share the cores of this machine$/m)
  t.match(stderr, /^starting the server$/m)
  t.match(stderr, /^phase 1 of 1, install: \d+ of 50, 0 failed, \d+ open, /m)
  t.match(stderr, /^repeat with: capf fleet run --phones 50 --embedded --seed 1 --key ec:p256$/m)
  t.notOk(`${stdout}${stderr}`.includes('\u001b'), 'no colours and no moving cursor where there is no terminal')
})

t.test('--json: one object with at least the promised keys, and nothing else on stdout', async t => {
  const { code, stdout } = await fleet('--embedded', '--phones', '20', '--json', ...EC)
  t.equal(code, 0)
  t.equal(lines(stdout).length, 1)
  const percentiles = { p50: Number, p90: Number, p99: Number, p999: Number, max: Number }
  t.match(JSON.parse(stdout), {
    version: 1,
    seed: 1,
    verdict: 'pass',
    phones: 20,
    done: 20,
    failed: 0,
    failures: [],
    ratePerSecond: Number,
    latencyMs: { scheduled: percentiles, actual: percentiles },
    phases: { connect: percentiles, issue: percentiles },
    generator: { processes: Number, loopback: true },
  })
})

t.test('phones that are refused: FAIL, why and what to do, exit 1; with enough leave to fail, exit 0', async t => {
  await using server = await RunningServer.start({ cwd, args: ['--log-level', 'silent'] })
  const target = ['--server', server.address, '--capf-certificate', 'capf.pem', '--phones', '5', '--processes', '1']
  const { code, stdout } = await fleet(...target, ...EC)
  t.equal(code, 1)
  t.match(stdout, /^FAIL {2}0 of 5 operations done by 5 phones/)
  t.match(stdout, /^ {6}5 of 5 operations failed, and --max-failed is 0%$/m)
  t.match(stdout, /^ {8}5 {2}PHONE_UNKNOWN_DEVICE \(server, in phase auth\)\n {11}the server does not know the device/m)
  t.notMatch(stdout, 'latency', 'of nothing there is no latency')
  t.equal((await fleet(...target, ...EC, '--max-failed', '100%')).code, 0)
  const ordered = await fleet(...target, ...EC, '--store', 'sqlite:capf.db', '--auth', 'string=1')
  t.equal(ordered.code, 0, ordered.stdout)
})

t.test('a wrong command line: every mistake in a line of its own, in flags, exit 2', async t => {
  const { code, stdout, stderr } = await fleet(
    ...['--embedded', '--server', '127.0.0.1:70000', '--auth', 'kerberos', '--rounds', 'enrol', '--csv', 'phones.csv'],
  )
  t.equal(code, 2)
  t.equal(stdout, '')
  t.strictSame(lines(stderr), [
    'capf: --auth knows null, string, lsc, mic, got "kerberos" (CONFIG_OUT_OF_RANGE)',
    'capf: --rounds knows install, upgrade, delete, troubleshoot with a share of 0..100%, got "enrol" (CONFIG_OUT_OF_RANGE)',
    'capf: --server must name a port of 1..65535, got "127.0.0.1:70000" (CONFIG_OUT_OF_RANGE)',
    'capf: --csv phones.csv: line 2: "SEP 1" is not a device name; line 3: "SEP 2" is not a device name (CONFIG_OUT_OF_RANGE)',
    'capf: --server and --embedded exclude each other (CONFIG_OUT_OF_RANGE)',
  ])
  const cases: [args: string[], said: RegExp][] = [
    [[], /^capf: fleet run: there is no server to load; give --server HOST:PORT with --capf-certificate FILE, or --embedded/],
    [['--server', '127.0.0.1:1'], /^capf: fleet run: .*--capf-certificate FILE.*\(FLEET_NO_CERTIFICATE\)$/m],
    [['--server', '127.0.0.1:1', '--capf-certificate', 'none.pem'], /^capf: none\.pem: .*no such file.*\(FLEET_BAD_FILE\)$/m],
    [['--embedded', '--key-pool', 'none.pool'], /none\.pool.*\(PKI_POOL_READ\)$/m],
    [['--embedded', '--phones', '0'], /^capf: --phones must be 1\.\.10000000 phones, got 0/],
  ]
  for (const [args, said] of cases) {
    const wrong = await onTerminal(['fleet', 'run', ...args], { isTTY: false })
    t.equal(wrong.code, 2, args.join(' '))
    t.match(wrong.stderr, said)
  }
})

t.test('nobody listens: exit 6, soon', async t => {
  await using server = await RunningServer.start({ cwd, args: ['--log-level', 'silent'] })
  const port = await freePort()
  const target = ['--server', `127.0.0.1:${port}`, '--capf-certificate', 'capf.pem', '--phones', '10000']
  t.ok(server.port)
  const { code, stdout } = await fleet(...target, ...EC)
  t.equal(code, 6)
  t.match(stdout, new RegExp(`^FAIL  0 of 10000 .*\n      nothing answers at 127\\.0\\.0\\.1:${port}: gave up after \\d+ of 10000`))
  t.match(stdout, /PHONE_CONNECT_REFUSED \(server, in phase connect\)\n +nobody listens there: start the CAPF server/)
})

t.test('Ctrl-C: what runs may end, the summary is that of what was done, exit 5', async t => {
  const args = ['--embedded', '--phones', '5000', '--concurrency', '4', '--key-generation-delay-ms', '20', '--json', ...EC]
  const child = startCapf(['fleet', 'run', ...args, '--out', 'stopped'], { cwd })
  const ended = outcome(child)
  child.stdin.end()
  await operationOnRecord(join(cwd, 'stopped'))
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  t.equal(code, 5)
  t.match(stderr, /^stopping: nothing more starts, running sessions have five seconds to end$/m)
  const { done, failed, ...summary } = JSON.parse(stdout) as FleetSummary
  t.match(summary, { stopped: true, verdict: 'fail', phones: 5000, planned: 5000 })
  t.ok(done > 0 && done + failed < 5000)
})

t.test('a stopped run says STOPPED, and before the first round one sentence is all', async t => {
  const stopAt = (words: string, ...args: string[]) => {
    const child = startCapf(['fleet', 'run', '--embedded', '--phones', '3000', '--concurrency', '2', ...args], { cwd })
    const ended = outcome(child)
    child.stdin.end()
    signalAt(child, words, 'SIGTERM')
    return ended
  }
  const early = await stopAt('making RSA keys')
  t.match(early, { code: 5, stdout: '', stderr: /^capf: stopped by a signal; run it again \(CLI_STOPPED\)$/m })
  const { code, stdout } = await stopAt('phase 1 of 1', '--key-generation-delay-ms', '20', ...EC)
  t.equal(code, 5)
  t.match(stdout, /^STOPPED {2}\d+ of 3000 operations .*\n {9}the run was stopped: \d+ of 3000 operations were not started$/m)
})

t.test('Ctrl-C twice ends at once and leaves nothing behind', async t => {
  const temporary = t.testdir()
  const args = ['fleet', 'run', '--embedded', '--phones', '500', '--key-generation-delay-ms', '3600000', ...EC]
  const child = startCapf(args, { cwd, env: { TMPDIR: temporary } })
  const ended = outcome(child)
  child.stderr.on('data', chunk => {
    if (/phase 1 of 1|^stopping/m.test(String(chunk))) child.kill('SIGINT')
  })
  t.match(await ended, { code: 5, stdout: '', stderr: /^stopping: /m })
  t.strictSame(readdirSync(temporary), [])
})

t.test('what makes the figures worthless decides the exit code first', async t => {
  const summary = {
    stopped: false,
    unreachable: false,
    verdict: 'pass',
    tooManyFailed: false,
    thresholds: [] as const,
  } as unknown as FleetSummary
  const cases: [Partial<FleetSummary>, number][] = [
    [{}, 0],
    [{ verdict: 'fail' }, 1],
    [{ verdict: 'invalid' }, 4],
    [{ verdict: 'fail', stopped: true }, 5],
    [{ verdict: 'fail', unreachable: true }, 6],
  ]
  for (const [given, code] of cases) t.equal(exitOf({ ...summary, ...given }), code, JSON.stringify(given))
})

t.test('the repeat line repeats: the same phones, the same parts of the rounds', async t => {
  const first = await fleet(
    ...[
      '--embedded',
      '--phones',
      '40',
      '--seed',
      '77',
      '--auth',
      'null=1,string=2',
      '--rounds',
      'install,delete:50%',
      '--json',
      ...EC,
    ],
  )
  const words = /^repeat with: capf (.*)$/m.exec(first.stderr)?.[1]?.split(' ') ?? []
  const again = await capf([...words, '--json', '--out', 'again'], { cwd })
  const told = ({ stdout }: { stdout: string }) => {
    const { seed, phones, operations, rounds, done, failed } = JSON.parse(stdout) as FleetSummary
    return { seed, phones, operations, done, failed, rounds: rounds.map(round => [round.operation, round.done]) }
  }
  t.strictSame(told(again), told(first))
  t.match(told(first), { seed: 77, phones: 40, failed: 0 })
  t.strictSame(JSON.parse(readFileSync(join(cwd, 'again/summary.json'), 'utf8')), JSON.parse(again.stdout))
})

t.test('the repeat line survives a shell, whatever is in the names of files', async t => {
  const csv = `it's "here" $HOME.csv`
  const line = repeatLine(parseOptions(FLEET_OPTIONS, { csv, rate: 5, legacyTls: true }))
  const args = execFileSync('sh', ['-c', line.replace('repeat with: capf', "printf '%s\\n'")], { encoding: 'utf8' })
  t.strictSame(lines(args), ['fleet', 'run', '--csv', csv, '--rate', '5', '--seed', '1', '--legacy-tls'])
})

t.test('the demo: every way to authenticate, install, upgrade, delete', async t => {
  const { code, stdout, stderr } = await capf(['demo', '--phones', '20'], { cwd })
  t.equal(code, 0, stderr)
  t.match(stderr, /^capfkit demo: an embedded CAPF server and 20 phones: install,upgrade,delete:30%$/m)
  t.match(stderr, /^making RSA keys: \d+ of 44$/m)
  t.match(stdout, /^PASS {2}\d+ of \d+ operations done by 20 phones/)
  for (const round of [/round 1 {2}install +20 done/, /round 2 {2}upgrade +20 done/, /round 3 {2}delete +\d+ done/])
    t.match(stdout, round)
  t.match(stdout, /^keys +\d+ keys from a pool of 44/m)
  t.match(
    stderr,
    /^repeat with: capf fleet run --phones 20 --embedded --seed 1 --rounds install,upgrade,delete:30% --auth null=40,/m,
  )
})

t.test('on a terminal: a live screen, colour, and nothing that wraps', async t => {
  const args = ['fleet', 'run', '--embedded', '--phones', '40', '--rounds', 'install,troubleshoot', ...EC]
  const { code, stdout, stderr } = await onTerminal(args)
  t.equal(code, 0)
  t.ok(stdout.startsWith('\u001b[32mPASS\u001b[39m  80 of 80'))
  const plain = (text: string) => stripVTControlCharacters(text).split(/[\n\r]/)
  t.match(
    plain(stderr).join('\n'),
    /^running {2}install {2}1 of 2 {2}0:0\d.*\nphase +.*\d+ of 40\noperations +\d+ done {3}0 failed/m,
  )
  for (const text of [...plain(stdout), ...plain(stderr)])
    if (!text.startsWith('repeat with:')) t.ok(text.length <= 80, `fits 80 columns: ${text}`)
  t.notOk((await onTerminal(args, { env: { NO_COLOR: '1' } })).stdout.includes('\u001b['), 'NO_COLOR is honoured')
})
