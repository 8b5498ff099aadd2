import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { FleetSummary, Replay } from '@capfkit/fleet'
import t from 'tap'
import { capf, outcome, startCapf } from './program.ts'
import { operationOnRecord } from './run-on-record.ts'

const cwd = t.testdir({ 'phones.csv': 'name,auth,authString\nSEP0001,string,4711\nSEP0002,null,\nSEP0003,null,\n' })
const PHONES = 120

t.test('a run that is stopped says how to go on, and going on ends it, from wherever it is asked for', async t => {
  const options = ['--key', 'ec:p256', '--concurrency', '4', '--key-generation-delay-ms', '100', '--out', 'my results']
  const child = startCapf(['fleet', 'run', '--embedded', '--phones', String(PHONES), ...options], { cwd })
  const ended = outcome(child)
  child.stdin.end()
  await operationOnRecord(join(cwd, 'my results'))
  child.kill('SIGINT')
  const { code, stderr } = await ended
  t.equal(code, 5)
  t.match(stderr, /^go on with: capf fleet resume 'my results'$/m)

  await rename(join(cwd, 'my results'), join(cwd, 'moved'))
  const resumed = await capf(['fleet', 'resume', join(cwd, 'moved'), '--json'], { cwd: t.testdir() })
  t.equal(resumed.code, 0, resumed.stderr)
  t.match(JSON.parse(resumed.stdout) as FleetSummary, { stopped: false, done: PHONES, failed: 0, planned: PHONES, verdict: 'pass' })
  t.notMatch(resumed.stderr, /^go on with/m)

  const over = await capf(['fleet', 'resume', 'moved'], { cwd })
  t.match(over, { code: 2, stdout: '', stderr: /^capf: moved: every operation of this run has ended; .*\(FLEET_NOTHING_LEFT\)\n$/ })
  const { stdout: html } = await capf(['fleet', 'report', 'moved', '--html', '-'], { cwd })
  t.match(html, /resumed/)
})

t.test('one phone is played again: identity, phases and frames side by side, exit 0 when it goes as it did', async t => {
  const run = await capf(['fleet', 'run', '--embedded', '--csv', 'phones.csv', '--key', 'ec:p256', '--out', 'run'], { cwd })
  t.equal(run.code, 0, run.stderr)
  const replay = (...args: string[]) => capf(['fleet', 'replay', '--run', 'run', ...args], { cwd })
  const { code, stdout } = await replay('--phone', 'SEP0001')
  t.equal(code, 0)
  t.match(stdout, /^SEP0001: model 8861, authentication string, key ec:p256, seed 1$/m)
  t.match(stdout, /^recorded {2}install done after [\d.]+ ms\nnow {7}install done after [\d.]+ ms$/m)
  t.match(stdout, /^ +[\d.]+ ms {2}S>C STORE_CERTIFICATE_REQUEST, \d+ bytes$/m)
  t.match(stdout, /^it went as it is on record$/m)
  t.notOk(stdout.includes('4711'))
  const json = await replay('--phone', 'SEP0002', '--json')
  t.match(JSON.parse(json.stdout) as Replay, {
    version: 1,
    seed: 1,
    identity: { deviceName: 'SEP0002' },
    turns: [{ differences: [] }],
  })
  t.match(await replay('--phone', '<script>'), { code: 2, stderr: /\(FLEET_NO_PHONE\)$/m })
  t.match(await replay(), { code: 2, stderr: /--phone is missing/ })
})
