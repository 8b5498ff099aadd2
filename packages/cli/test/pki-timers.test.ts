import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { capf } from './program.ts'
import { onTerminal } from './terminal.ts'

const FOLDER = resolve(import.meta.dirname, '../../../test-vectors/ios-pki')
const config = ['ca-server.txt', 'client.txt'].map(name => readFileSync(join(FOLDER, name), 'utf8')).join('')
const run = (...args: readonly string[]) => onTerminal(['pki-timers', ...args], { isTTY: false })

t.test('a pasted configuration through stdin: the window, the cure, a chart, and exit code 1', async t => {
  const { code, stdout, stderr } = await capf(['pki-timers', '-', '--clients', '200'], { cwd: t.testdir({}), input: config })
  t.equal(code, 1, stderr)
  t.match(stdout, /^PKI server ca-server, clients with trustpoint test\n/)
  t.match(stdout, 'lifetime certificate       600  stdin:4')
  t.match(stdout, 'window of refusals: 150 days')
  t.match(stdout, 'auto-rollover 180')
  t.match(stdout, /day 1794 23h \|#{24} 12,000 +4,800 +7,200 +0/)
})

t.test('flags win over the file; what is cured ends with exit code 0', async t => {
  const folder = t.testdir({ 'ca.txt': config })
  const { code, stdout } = await run(join(folder, 'ca.txt'), '--overlap-days', '365', '--clients', '10')
  t.equal(code, 0)
  t.match(stdout, /auto-rollover +365 +given/)
  t.match(stdout, 'window of refusals: 0 days')
})

t.test('as one JSON object, and as a page beside it', async t => {
  const folder = t.testdir({ 'ca.txt': config })
  const page = join(folder, 'rollover.html')
  const { code, stdout, stderr } = await run(
    join(folder, 'ca.txt'),
    '--json',
    '--html',
    page,
    '--clients',
    '1000000',
    '--overlap-days',
    '178',
  )
  t.equal(code, 1)
  t.match(JSON.parse(stdout), {
    version: 1,
    windows: { refusedDays: 2 },
    clients: { clients: 1_000_000 },
    simulation: { served: 1_000_000 },
  })
  t.match(stderr, `wrote ${page}`)
  t.match(readFileSync(page, 'utf8'), '<h1>Clients are refused for 2 days</h1>')
})

t.test('mistakes are told together, each with its line; files and flags that cannot be are, too', async t => {
  const file = join(t.testdir({ 'ca.txt': 'crypto pki server a\n lifetime certificate 0\n auto-rollover -1\n' }), 'ca.txt')
  const { code, stdout, stderr } = await run(file)
  t.strictSame([code, stdout], [2, ''])
  t.strictSame(stderr.replaceAll(file, 'FILE').trimEnd().split('\n'), [
    'capf: FILE:2:2: "lifetime certificate" must be 1 minute..7305 days, got 0 (CONFIG_OUT_OF_RANGE)',
    'capf: FILE:3:2: "auto-rollover" wants a whole number of days, got "-1" (CONFIG_WRONG_TYPE)',
  ])
  t.match(await run('--renew-percent', '70', '--clients', '1000001'), { code: 2, stderr: /--clients must be 1\.\.1000000/ })
  t.match(await run('--renew-percent', '70', '--overlap-days', '1095'), {
    code: 2,
    stderr: /no shorter than the life.*CONFIG_CONTRADICTION/,
  })
  t.match(await run('--renew-percent', '70', '--ca-until', '2001-01-01'), { code: 2, stderr: /is past/ })
  t.match(await run(process.execPath), { code: 2, stderr: /CLI_FILE_TOO_LARGE/ })
  t.match(await run(file, '--html', file), { code: 2, stderr: /would be replaced/ })
  t.match(await run(), { code: 2, stderr: /no client renews by itself/ })
})
