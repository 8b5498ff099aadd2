import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { FleetSummary } from '@capfkit/fleet'
import { newCertificateAndKey } from '@capfkit/server'
import t from 'tap'
import { capf, environment, outcome, PROGRAM } from './program.ts'

const cwd = t.testdir()
const FLEET = ['fleet', 'run', '--processes', '1', '--key', 'ec:p256', '--json']
/** All phones are connected at the same time, as each waits for its key. */
const AT_ONCE = ['--phones', '120', '--concurrency', '120', '--key-generation-delay-ms', '400']

/** The program under limits that a shell sets before it. */
const limited = (before: string, args: readonly string[], shell: readonly string[] = []) => {
  const [command = 'sh', ...words] = [...shell, 'sh', '-c', `${before}; exec "$0" "$@"`, process.execPath, PROGRAM, ...args]
  const child = spawn(command, words, {
    cwd,
    env: environment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end()
  return outcome(child)
}

const summaryOf = (stdout: string) => JSON.parse(stdout) as FleetSummary

t.test('too few file descriptors: the run is invalid, and says what to do', async t => {
  const { code, stdout, stderr } = await limited('ulimit -n 80', [...FLEET, '--embedded', '--server-workers', '2', ...AT_ONCE])
  t.equal(code, 4, stderr)
  const { verdict, because, failures, done } = summaryOf(stdout)
  t.match([verdict, because], ['invalid', [/ran out of file descriptors or memory: \d+ operations failed in it; raise ulimit -n/]])
  t.match(failures[0], { side: 'generator', reason: 'PHONE_NO_RESOURCES' })
  t.ok(done > 0, `${done} found a descriptor`)
})

t.test('a server that has none left reports on, and nobody takes that for a lack of memory', async t => {
  // Longer than the server waits between its reports.
  const args = [
    '--phones',
    '200',
    '--concurrency',
    '200',
    '--key-generation-delay-ms',
    '1500',
    '--retries',
    '1',
    '--retry-interval-ms',
    '500',
  ]
  const { code, stdout, stderr } = await limited('ulimit -n 60', [...FLEET, '--embedded', '--server-workers', '1', ...args])
  t.equal(code, 4, stderr)
  t.notMatch(stderr, /resident_set_memory/)
  const { server, generator } = summaryOf(stdout)
  t.equal(server?.processes, 1)
  const memory = generator.health.find(({ name }) => name === 'memory')
  t.notOk(memory && memory.verdict !== 'ok', JSON.stringify(memory))
})

t.test('too few even to begin: the same exit code, before anything runs', async t => {
  const { code, stdout, stderr } = await limited('ulimit -n 28', [...FLEET, '--embedded', ...AT_ONCE])
  t.strictSame([code, stdout], [4, ''])
  t.match(stderr, /ran out of file descriptors before it could begin.*ulimit -n/)
})

/** Fifty source ports, in a network of its own. */
const FEW_PORTS = 'ip link set lo up && echo "40000 40049" > /proc/sys/net/ipv4/ip_local_port_range'
const mayUnshare = spawnSync('unshare', ['-n', 'sh', '-c', FEW_PORTS]).status === 0
const skip = mayUnshare ? false : 'a network namespace of its own takes root, unshare and ip'

t.test('too few source ports: the run is invalid, and says what to do', { skip }, async t => {
  const args = [...FLEET, '--embedded', ...AT_ONCE]
  const few = await limited(FEW_PORTS, args, ['unshare', '-n'])
  t.equal(few.code, 4, few.stderr)
  const { verdict, because, failures } = summaryOf(few.stdout)
  t.match([verdict, because], ['invalid', [/ran out of source ports: \d+ operations failed in it; .*--source-addresses/]])
  t.match(failures[0], { side: 'generator', phase: 'connect', reason: 'PHONE_NO_LOCAL_PORT' })
  t.match(few.stderr, /^warning: sourcePorts: 50 .*--source-addresses/m, 'it was told before the run')

  const enough = await limited(FEW_PORTS, [...args, '--source-addresses', '127.0.0.0/24'], ['unshare', '-n'])
  t.equal(enough.code, 0, `what it said helps: ${enough.stderr}`)
  t.match(summaryOf(enough.stdout), { verdict: 'pass', done: 120 })
})

t.test('a source address that is not of this machine is told before anything runs', async t => {
  const { code, stderr } = await capf([...FLEET, '--embedded', '--source-addresses', '127.0.0.1,192.0.2.1'], { cwd })
  t.equal(code, 2)
  t.match(stderr, /192\.0\.2\.1: phones cannot connect from this source address \[EADDRNOTAVAIL\].*FLEET_SOURCE_ADDRESS/)
})

/** A server whose queue of connections is full and never emptied: the kernel drops further SYNs, as a firewall would. */
const BLACK_HOLE = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
  require('node:fs').writeSync(1, String(this.address().port))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

t.test('nobody there: exit 6, whether packets are dropped or the name is nobody’s', async t => {
  const { certificatePem } = await newCertificateAndKey(new Date())
  writeFileSync(join(cwd, 'capf.pem'), certificatePem)
  const certificate = ['--capf-certificate', 'capf.pem']
  const few = ['--phones', '500', '--concurrency', '20', '--connect-timeout-ms', '500']
  const hole = spawn(process.execPath, ['-e', BLACK_HOLE], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => hole.kill('SIGKILL'))
  const [port] = await once(hole.stdout, 'data')
  const fill = Array.from({ length: 8 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}))
  t.teardown(() => {
    for (const socket of fill) socket.destroy()
  })
  const dropped = await capf([...FLEET, '--server', `127.0.0.1:${port}`, ...certificate, ...few], { cwd })
  t.equal(dropped.code, 6, dropped.stderr)
  const summary = summaryOf(dropped.stdout)
  t.match(summary, { done: 0, unreachable: true, because: [/^nothing answers at 127\.0\.0\.1:\d+: gave up after \d+ of 500/] })
  t.match(summary.failures[0], { side: 'network', phase: 'connect', reason: 'PHONE_CONNECT_TIMEOUT' })
  t.ok(summary.failed < 150, `${summary.failed} of 500 were tried`)

  // RFC 6761 §6.4: such a name never resolves.
  const nobody = await capf([...FLEET, '--server', 'capf.invalid:3804', ...certificate, ...few], { cwd })
  t.equal(nobody.code, 6, nobody.stderr)
  t.match(summaryOf(nobody.stdout).failures[0], { side: 'network', phase: 'dns', reason: 'PHONE_NAME_UNKNOWN' })
})
