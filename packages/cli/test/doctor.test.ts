import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Examination } from '@capfkit/fleet'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

const cwd = t.testdir()

t.test('capf doctor: each check with its verdict, and a conclusion', async t => {
  const server = createServer(socket => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  t.teardown(() => server.close())
  const target = `127.0.0.1:${(server.address() as { port: number }).port}`
  const { code, stdout, stderr } = await capf(['doctor', '--phones', '10', '--target', target], { cwd })
  t.equal(code, 0, stdout)
  t.equal(stderr, '')
  const lines = stdout.trimEnd().split('\n')
  t.match(lines[0], /^ok {7}versions {13}Node \d+\.\d+\.\d+, OpenSSL/)
  t.match(stdout, new RegExp(`^ok       target               ${target} connected in \\d`, 'm'))
  t.match(lines.at(-1), /^(nothing stands in the way of such a run|\d warnings?)$/)
  t.ok(lines.every(line => line.length <= 80))
  t.notOk(stdout.includes('\u001b'), 'no colours where there is no terminal')
})

t.test('a problem: what is needed, what to do, exit 1; the same as JSON', async t => {
  const args = ['doctor', '--phones', '1000000', '--key-pool', 'none.pool', '--target', '127.0.0.1:1']
  const { code, stdout } = await onTerminal(args)
  t.equal(code, 1)
  t.ok(stdout.includes('\u001b[31mproblem\u001b[39m'), 'red on a terminal')
  t.match(stripVTControlCharacters(stdout), /^problem {2}keyPool {14}none\.pool: the key pool cannot be read/m)
  t.match(stdout, /^ {30}do: make one ahead: capf keys generate/m)
  t.match(stdout, /\n\n\d problems(, \d warnings?)?\n$/)
  const { code: same, stdout: json } = await onTerminal([...args, '--json'])
  t.equal(same, 1)
  const { version, verdict, checks } = JSON.parse(json) as Examination
  t.match({ version, verdict }, { version: 1, verdict: 'problem' })
  t.match(
    checks.find(({ name }) => name === 'target'),
    { verdict: 'problem', found: /^127\.0\.0\.1:1: .*ECONNREFUSED/, needed: String, remedy: String },
  )
})

t.test('a plan: what it needs, and which check fails on this machine', async t => {
  const plan =
    'server: 127.0.0.1:1\ncapfCertificate: capf.pem\nstore: postgres://capf@db.example/capf\nphones: 100000\nrate: 5000\n'
  writeFileSync(join(cwd, 'plan.yaml'), plan)
  const { code, stdout } = await capf(['doctor', '--plan', 'plan.yaml', '--phones', '50000'], { cwd })
  t.equal(code, 1, 'nobody listens there')
  const said = stdout.replaceAll(/\n {30}/g, ' ')
  t.match(said, /^the plan {22}50000 phones, 50000 sessions, 5000 a second and 5000 at once/)
  t.match(said, /^needs {4}serverCores {10}\d+ cores: cores of all servers together$/m)
  t.match(said, /^needs {4}storeWrites {10}15,000\/s: writing transactions/m)
  t.match(said, /^problem {2}target {15}127\.0\.0\.1:1: .*ECONNREFUSED/m)
  const both = await capf(['doctor', '--plan', 'plan.yaml', '--rate', '5'], { cwd })
  t.match(both, { code: 2, stderr: /--rate and --plan exclude each other/ })
  writeFileSync(join(cwd, 'bad.yaml'), 'phones: many\nphases: []\n')
  const bad = await capf(['doctor', '--plan', 'bad.yaml'], { cwd })
  t.match(bad, { code: 2, stderr: /^capf: bad\.yaml:1:1: phones must be/m })
})

t.test('wrong words are told in flags, exit 2', async t => {
  const { code, stderr } = await onTerminal(['doctor', '--source-addresses', 'eth0', '--phones', 'many'], { isTTY: false })
  t.equal(code, 2)
  t.match(stderr, /^capf: --phones must be 1\.\.10000000 phones, got "many"/m)
  t.match(stderr, /^capf: --source-addresses must be ADDRESS \| NETWORK\/BITS, …, got "eth0"/m)
})

t.test('fleet run says before it starts what would make it worthless', async t => {
  // More than there are port numbers.
  const many = ['--phones', '100000', '--concurrency', '100000']
  const { stderr } = await onTerminal(['fleet', 'run', '--server', '127.0.0.1:1', ...many], { isTTY: false })
  t.match(stderr, /^warning: sourcePorts: [\d,]+ \(\d+-\d+\), needed: 100,000, one for each phone; widen it .*net\.ipv4/m)
  const few = await onTerminal(['fleet', 'run', '--server', '127.0.0.1:1'], { isTTY: false })
  t.notMatch(few.stderr, /warning/)
})
