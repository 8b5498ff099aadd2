import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FINDINGS } from '@capfkit/diagnose'
import t from 'tap'
import { capf, outcome, startCapf } from './program.ts'

t.test('the catalogue, for people and as data', async t => {
  const cwd = t.testdir()
  const { code, stdout } = await capf(['lab', 'list'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /^wrong-auth-string +the user types another string/m)
  const { stdout: data } = await capf(['lab', 'list', '--json'], { cwd })
  const rows = data
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  t.strictSame(
    rows.map(({ name }) => name),
    Object.keys(FINDINGS),
  )
  t.match(rows[0], { version: 1, broken: String, cured: String, explanation: String, cure: String, shows: Object })
})

t.test('a failure is caused, shown as it stands in the evidence, and cured', async t => {
  const cwd = t.testdir()
  const { code, stdout, stderr } = await capf(['lab', 'run', 'no-capf-in-itl', '--evidence', 'seen/here'], { cwd })
  t.equal(code, 0, stderr)
  t.match(stdout, /^no-capf-in-itl: the trust list has no CAPF record/)
  t.match(stdout, /^status_SEP020000000001\.txt:\d+ {2}\[[\d: /]+\] No valid CAPF server$/m)
  t.match(stdout, /tkCertificateStatus 2: Operation Pending/)
  t.match(stdout, /^shown, and cured$/m)
  t.ok(readdirSync(join(cwd, 'seen/here')).includes('show_itl.txt'))
  t.ok(existsSync(join(cwd, 'seen/here/after/device.csv')))
})

t.test('a scenario over time draws its curve', async t => {
  const { code, stdout } = await capf(['lab', 'run', 'ca-rollover-404'], { cwd: t.testdir() })
  t.equal(code, 0)
  t.match(stdout, /^ day 150 \|#+ 100$/m)
})

t.test('as data', async t => {
  const { code, stdout } = await capf(['lab', 'run', 'ec-only-on-v2', '--json'], { cwd: t.testdir() })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    version: 1,
    ok: true,
    scenarios: [{ name: 'ec-only-on-v2', ok: true, missing: [], missingAfter: [] }],
  })
})

t.test('what was meant is guessed, and one of a name and --all is asked for', async t => {
  const cwd = t.testdir({ file: '' })
  t.match(await capf(['lab', 'run', 'wrong-auth-strng'], { cwd }), { code: 2, stderr: /did you mean wrong-auth-string\?/ })
  t.match(await capf(['lab', 'run'], { cwd }), { code: 2, stderr: /no scenario; name one of capf lab list, or use --all/ })
  t.match(await capf(['lab', 'run', 'ra-down', '--all'], { cwd }), { code: 2, stderr: /leave one of the two out/ })
  t.match(await capf(['lab', 'run', 'ra-down', '--evidence', 'file'], { cwd }), { code: 1, stderr: /CLI_FILE_UNWRITABLE/ })
})

t.test('Ctrl-C: what runs is ended in order, nothing further is begun', async t => {
  const cwd = t.testdir()
  const child = startCapf(['lab', 'run', '--all', '--at-once', '1', '--evidence', 'seen', '--json'], { cwd })
  const ended = outcome(child)
  while (!existsSync(join(cwd, 'seen'))) await delay(10)
  child.kill('SIGINT')
  const { code, stdout } = await ended
  t.equal(code, 5)
  const { ok, scenarios } = JSON.parse(stdout)
  t.equal(ok, false)
  t.ok(scenarios.length < Object.keys(FINDINGS).length)
})

t.test('a table that Ctrl-C has cut short says how much of it is there', async t => {
  const cwd = t.testdir()
  const child = startCapf(['lab', 'run', '--all', '--at-once', '1', '--evidence', 'seen'], { cwd })
  const ended = outcome(child)
  while (!existsSync(join(cwd, 'seen'))) await delay(10)
  child.kill('SIGINT')
  const { code, stdout } = await ended
  t.equal(code, 5)
  t.match(stdout, /\nstopped after \d+ of \d+ scenarios, /)
})
