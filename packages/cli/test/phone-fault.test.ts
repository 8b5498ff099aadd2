import t from 'tap'
import { capf, RunningServer } from './program.ts'

const NAME = 'SEP001122334455'
const cwd = t.testdir()
const server = await RunningServer.start({ cwd, args: ['--log-level', 'silent'] })
t.teardown(() => server[Symbol.asyncDispose]())
await capf(['device', 'add', NAME, '--operation', 'install', '--key', 'ec:p256'], { cwd })

const enrol = (...args: string[]) => {
  const usual = ['--server', server.address, '--capf-certificate', 'capf.pem', '--out', 'lscs']
  return capf(['phone', 'enrol', NAME, ...usual, ...args], { cwd })
}

t.test('a phone that misbehaves says what the server made of it, and that is no failure', async t => {
  const garbage = await enrol('--fault', 'garbage:bytes=10')
  t.match(garbage, { code: 0, stdout: /^garbage, on purpose: the server ended the session .* as it should be$/m })
  t.notMatch(garbage.stderr, /PHONE_/)
  const { code, stdout } = await enrol('--fault', 'reset:at=KEY_GENERATE_RESPONSE,when=after', '--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { sessions: 1, disturbed: { fault: 'reset', outcome: 'cut', isExpected: true } })
})

t.test('its order is still there, and is carried out over a slow network in small pieces', async t => {
  const { code, stdout } = await enrol('--fault', 'tiny-segments', '--network', 'latencyMs=2,jitterMs=1')
  t.equal(code, 0)
  t.match(stdout, /^tiny-segments, on purpose: everything that was ordered was done, as it should be$/m)
  t.match(stdout, /^done: installed the LSC/m)
})

t.test('a server that takes what it should refuse has failed; a fault without its step has not come about', async t => {
  t.match(await enrol('--fault', 'oversize:bytes=300'), {
    code: 1,
    stderr: /went on as if nothing had happened .*PHONE_FAULT_ACCEPTED/,
  })
  t.match(await enrol('--fault', 'reset:at=STORE_CERTIFICATE_REQUEST'), {
    code: 0,
    stdout: /reset did not come about: the session had no such step\ndone: nothing was ordered/,
  })
})

t.test('what no phone can do is told before anything is sent', async t => {
  t.match(await enrol('--fault', 'explode', '--json'), { code: 2, stderr: /knows silent-connect, .*got "explode"/ })
  t.match(await enrol('--network', 'latencyMs'), { code: 2, stderr: /wants PARAMETER=VALUE, got "latencyMs"/ })
  t.match(await enrol('--fault', 'expired-certificate', '--auth', 'null'), { code: 2, stderr: /PHONE_FAULT_IMPOSSIBLE/ })
})
