import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { capf } from './certificates.ts'
import { obey } from './scripted-phone.ts'
import { serve } from './serving.ts'

t.test('one line a session: what went well is information, what failed is a warning', async t => {
  const server = await serve(t)
  const good = await server.device()
  const idle = await server.device({ operation: 'none' })
  const empty = await server.device({ operation: 'troubleshoot' })
  for (const name of [good, idle, empty, 'SEPFFFFFFFFFFFF']) await server.session(name)
  const lines = server.logLines()
  t.match(lines, [
    { level: 30, msg: 'session ended', deviceName: good, operation: 'install', status: 'CAPF_OP_SUCCESS', reason: 1 },
    { level: 30, msg: 'session ended', deviceName: idle, reason: 0 },
    { level: 30, msg: 'session ended', deviceName: empty, status: 'CAPF_FETCH_SUCCESS_BUT_NO_CERT' },
    { level: 40, msg: 'session failed', deviceName: 'SEPFFFFFFFFFFFF', reason: 9, state: 'AWAIT_DEVICE_RESP' },
  ])
  t.equal(lines.length, 4)
  for (const { time, pid, durationMs, remoteAddress } of lines) {
    t.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    t.equal(pid, process.pid)
    t.type(durationMs, 'number')
    t.equal(remoteAddress, '127.0.0.1')
  }
})

t.test('no secret reaches log, trace or summary, whatever a session does with it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-log-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const trace = join(folder, 'trace.txt')
  const server = await serve(t, { options: { trace, maxAuthAttempts: 2 } })
  const [right, wrong, other] = ['8317204659', '9482716035', '5550001234']
  for (const passwords of [[right], [wrong, wrong, right], [''], [other.repeat(20)]]) {
    const name = await server.device({ authMode: 'string', authString: right })
    for (const password of passwords) {
      const phone = await server.phone()
      await phone.greet(name, { password })
      await obey(phone)
    }
  }
  const broken = await server.phone()
  await broken.expect('AUTH_REQUEST')
  broken.say({ name: 'AUTH_RESPONSE', version: 9, deviceName: 'SEP1', password: other })
  await broken.closed
  await server.server.close(0)
  const said = [server.logText.join(''), readFileSync(trace, 'utf8'), JSON.stringify(server.summaries)].join('\n')
  t.ok(said.length > 5000)
  for (const secret of [right, wrong, other, 'PRIVATE KEY', capf.keyPem.split('\n')[1]!]) t.notOk(said.includes(secret), secret)
})

t.test('a name from the wire cannot make a second line of the log', async t => {
  const server = await serve(t)
  const phone = await server.phone()
  await phone.greet('SEP1\n{"level":60,"msg":"the server is on fire"}')
  t.equal(await phone.reason(), 7)
  t.equal(server.logLines().length, 1)
  t.notMatch(server.logText.join(''), /on fire/)
})
