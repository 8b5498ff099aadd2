import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { capf, outcome, startCapf } from './program.ts'

const PORTS = ['capf', 'tvs', 'http', 'tftp', 'ra', 'adcs'].flatMap(name => [`--${name}`, '127.0.0.1:0'])
const up = ['lab', 'up', ...PORTS]

t.test('phones enrol through the whole chain, and the page says what listens where', async t => {
  const cwd = t.testdir()
  const { code, stdout, stderr } = await capf([...up, '--once', '--phones', '2', '--out', 'lab'], { cwd })
  t.equal(code, 0, stderr)
  for (const service of ['CAPF', 'TVS', 'HTTP', 'TFTP', 'RA', 'AD CS'])
    t.match(stdout, new RegExp(`^${service} +127\\.0\\.0\\.1:\\d+`, 'm'))
  t.match(stdout, /SEP020000000001 boots[\s\S]*LSC Installed, signed by CN=TEST-LAB-CA\n[\s\S]*SEP020000000002 boots/)
  const files = readdirSync(join(cwd, 'lab'))
  for (const file of ['capf0001.txt', 'error.log', 'capf.db', 'capf.pem']) t.ok(files.includes(file), file)
  const shown = await capf(['device', 'list', '--store', 'sqlite:lab/capf.db', '--json'], { cwd })
  t.match(shown.stdout, /SEP020000000001/)
})

t.test('as data', async t => {
  const { code, stdout } = await capf([...up, '--once', '--json', '--issuer', 'local'], { cwd: t.testdir() })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    version: 1,
    listening: [{ service: 'CAPF' }, { service: 'TVS' }, { service: 'HTTP' }, { service: 'TFTP' }],
    phones: [{ device: 'SEP020000000001', ok: true, capf: { lsc: 'installed' } }],
  })
})

t.test('it stays up until Ctrl-C, and leaves nothing running', async t => {
  const child = startCapf([...up, '--issuer', 'local', '--phones', '0'], { cwd: t.testdir() })
  const ended = outcome(child)
  await new Promise<void>(resolve =>
    child.stderr.on('data', words => void (String(words).includes('up until Ctrl-C') && resolve())),
  )
  child.kill('SIGINT')
  t.match(await ended, { code: 0 })
})

t.test('Ctrl-C before the phones have booted is no success', async t => {
  const child = startCapf([...up, '--issuer', 'local', '--phones', '500', '--once'], { cwd: t.testdir() })
  const ended = outcome(child)
  await new Promise<void>(resolve =>
    child.stdout.on('data', words => void (String(words).includes('SEP020000000001 boots') && resolve())),
  )
  child.kill('SIGINT')
  t.match(await ended, { code: 5 })
})

t.test('a folder that cannot be made, and a port that is taken, are one sentence each', async t => {
  const cwd = t.testdir({ file: '' })
  const folder = await capf([...up, '--out', 'file/lab'], { cwd })
  t.match(folder, { code: 1, stderr: /^capf: file\/lab: the folder cannot be made: not a directory.*\(CLI_FILE_UNWRITABLE\)\n$/ })
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const ports = PORTS.with(PORTS.indexOf('--capf') + 1, `127.0.0.1:${port}`)
  const second = await capf(['lab', 'up', ...ports, '--issuer', 'local'], { cwd })
  taken.close()
  t.match(second, { code: 2, stdout: '', stderr: /^capf: 127\.0\.0\.1:\d+: another program listens.*\(LISTEN_PORT_IN_USE\)\n$/ })
  t.equal((await capf(['lab', 'up', '--capf', '127.0.0.1:70000'], { cwd })).code, 2)
})

t.test('a folder whose keys somebody needs is left alone; one of a laboratory is used again', async t => {
  const cwd = t.testdir({ real: { 'capf.pem': 'the key of a CAPF' } })
  const local = [...up, '--once', '--issuer', 'local', '--phones', '0', '--out']
  const refused = await capf([...local, 'real'], { cwd })
  t.match(refused, { code: 2, stderr: /--out real has files that are of no laboratory/ })
  t.equal(readFileSync(join(cwd, 'real/capf.pem'), 'utf8'), 'the key of a CAPF')
  t.strictSame(readdirSync(join(cwd, 'real')), ['capf.pem'])
  for (const time of ['first', 'second']) t.match(await capf([...local, 'lab'], { cwd }), { code: 0 }, time)
})
