import { readdirSync } from 'node:fs'
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

t.test('a folder that cannot be made, and a port that is taken, are one sentence each', async t => {
  const cwd = t.testdir({ file: '' })
  const folder = await capf([...up, '--out', 'file/lab'], { cwd })
  t.match(folder, { code: 1, stderr: /^capf: file\/lab: the folder cannot be made: not a directory.*\(CLI_FILE_UNWRITABLE\)\n$/ })
  const twice = await capf(['lab', 'up', ...PORTS, '--capf', '127.0.0.1:70000'], { cwd })
  t.equal(twice.code, 2)
})
