import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdcsClient } from '@capfkit/est/adcs'
import { buildCsr, generateKeyPair, pemToDer } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { capf, outcome, RunningServer, startCapf } from './program.ts'

const csrDer = await buildCsr({
  subject: [{ type: 'CN', value: 'SEP001122334455' }],
  keyPair: await generateKeyPair({ type: 'ec', curve: 'secp256r1' }),
})

const SERVICE = ['adcs', 'start', '--out', 'ca', '--ca-key', 'ec:p256', '--log-level', 'silent']

/** The running command, and a client that trusts what it has left. */
const adcs = async (t: Test, args: readonly string[] = []) => {
  const cwd = t.testdir({ password: 'open sesame\n' })
  const server = await RunningServer.start({ cwd, service: SERVICE, args: ['--password-file', 'password', ...args] })
  t.teardown(() => server[Symbol.asyncDispose]())
  const client = (user = 'TEST\\ciscora') =>
    new AdcsClient({
      trusted: pemToDer(readFileSync(join(cwd, 'ca/ca.pem'))),
      options: { server: `localhost:${server.port}`, user, password: 'open sesame' },
    })
  const doors = server.ready as unknown as { admin: { port: number }; metrics: { port: number } }
  const admin = async (method: 'GET' | 'POST', path: string) => {
    const response = await fetch(`http://127.0.0.1:${doors.admin.port}${path}`, { method })
    return { status: response.status, body: await response.json() }
  }
  return { cwd, server, client, admin, doors }
}

t.test('says where it listens, leaves its certificates, drains on SIGTERM', async t => {
  const cwd = t.testdir()
  const child = startCapf([...SERVICE, '--listen', '127.0.0.1:0', '--password', 'open sesame'], { cwd })
  const ended = outcome(child)
  const [line] = await once(child.stdout, 'data')
  t.match(String(line), /^listening on 127\.0\.0\.1:[1-9]\d*\n$/)
  t.strictSame(readdirSync(join(cwd, 'ca')), ['ca.pem', 'iis.pem'])
  const shown = execFileSync('openssl', ['verify', '-CAfile', 'ca.pem', '-purpose', 'sslserver', 'iis.pem'], {
    cwd: join(cwd, 'ca'),
    encoding: 'utf8',
  })
  t.match(shown, 'iis.pem: OK')
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await ended
  t.equal(code, 0)
  t.equal(stdout, String(line), 'exactly one line')
  t.match(stderr, /^made the CA CN=TEST-LAB-CA, SHA-1 [0-9a-f]{40}, until .*; a simulation: trust it in a laboratory only$/m)
  t.notMatch(stderr, 'open sesame')
})

t.test('a client enrols, and the log of IIS tells of it', async t => {
  const { client, cwd, server } = await adcs(t, ['--user', 'ra', '--domain', 'LAB', '--template', 'Phones'])
  t.match(server.ready, { version: 1, ca: { file: 'ca/ca.pem', subject: 'CN=TEST-LAB-CA' }, web: { file: 'ca/iis.pem' } })
  t.match(await client('LAB\\ra').enrol(csrDer, { template: 'Phones' }), { status: 'issued', requestId: 1 })
  await t.rejects(client('nobody').caChain(), { code: 'ADCS_LOGIN_REJECTED' })
  server.signal('SIGTERM')
  await server.ended
  const [log] = readdirSync(join(cwd, 'ca')).filter(name => /^u_ex\d{6}\.log$/.test(name))
  const lines = readFileSync(join(cwd, 'ca', log!), 'utf8')
    .trim()
    .split('\n')
  t.match(lines.slice(0, 5), [
    /^#Software: Microsoft Internet/,
    /^#Remark: written by the AD CS simulator of capfkit$/,
    /^#Version/,
    /^#Date/,
    /^#Fields: date time s-ip /,
  ])
  t.match(lines[6], /GET \/certsrv - \d+ LAB\\ra 127\.0\.0\.1 CiscoRA\+1\.0 - 301 0 0 \d+$/)
  t.match(lines.at(-1), / 401 1 2148074252 \d+$/)
})

t.test('an officer decides, renews and breaks things through the admin door', async t => {
  const { client, admin, doors, cwd } = await adcs(t, [
    '--template',
    'CiscoRA=pend',
    '--admin',
    '127.0.0.1:0',
    '--metrics',
    '127.0.0.1:0',
  ])
  for (const requestId of [1, 2])
    t.strictSame(await client().enrol(csrDer, { template: 'CiscoRA' }), { status: 'pending', requestId })
  t.match(await admin('GET', '/pending'), {
    status: 200,
    body: [{ id: 1, userName: 'TEST\\ciscora', template: 'CiscoRA' }, { id: 2 }],
  })
  t.strictSame((await admin('POST', '/approve?request=1')).body, { done: true })
  t.strictSame((await admin('POST', '/deny?request=2')).body, { done: true })
  t.strictSame((await admin('POST', '/deny?request=2')).body, { done: false })
  t.match(await admin('POST', '/approve?request=x'), { status: 500, body: { error: 'name a request: ?request=NUMBER' } })
  t.match(await client().poll(1), { status: 'issued' })
  t.match(await client().poll(2), { status: 'denied', message: 'Denied by TEST\\officer' })
  t.match((await admin('GET', '/status')).body, { version: 1, pending: 0, requests: { pending: 2 } })
  t.match((await admin('GET', '/nothing')).body, { error: /GET \/status, .*POST \/approve/ })
  const metrics = await (await fetch(`http://127.0.0.1:${doors.metrics.port}/metrics`)).text()
  t.match(metrics, 'adcs_requests_total{status="pending"} 2')

  t.match((await admin('POST', '/fault?set=login=forbidden')).body, { login: { kind: 'forbidden' } })
  await t.rejects(client().caChain(), { code: 'ADCS_FORBIDDEN' })
  t.match(await admin('POST', '/fault?set=nonsense'), { status: 500, body: { error: /ADCS_FAULT_SYNTAX/ } })
  await admin('POST', '/mend')
  const [before] = await client().caChain()
  t.strictSame((await admin('POST', '/renew')).body, { renewals: 1 })
  t.equal(pemToDer(readFileSync(join(cwd, 'ca/ca.pem'))).length, 2)
  t.notSame((await client().caChain())[0], before)
})

t.test('SIGHUP gives the web server another certificate', async t => {
  const { client, server, cwd } = await adcs(t)
  const before = readFileSync(join(cwd, 'ca/iis.pem'), 'utf8')
  const reloaded = server.said('made another certificate')
  server.signal('SIGHUP')
  await reloaded
  t.not(readFileSync(join(cwd, 'ca/iis.pem'), 'utf8'), before)
  t.equal((await client().caChain()).length, 1)
})

t.test('says in one sentence why it cannot start', async t => {
  const cwd = t.testdir({ file: 'x' })
  const cases: [args: string[], said: RegExp][] = [
    [[], /^capf: --password-file FILE is missing \(CLI_USAGE\)\ncapf: --out FOLDER is missing \(CLI_USAGE\)$/m],
    [['--password', 'x', '--out', 'file'], /^capf: file: the folder cannot be made: .*\(CLI_FILE_UNWRITABLE\)$/m],
    [['--password', 'x', '--out', 'a', '--template', 'A=maybe'], /^capf: --template "A=maybe": .*\(ADCS_TEMPLATE_SYNTAX\)$/m],
    [
      ['--password', 'x', '--out', 'a', '--fault', 'login=x'],
      /^capf: --fault "login=x": .*steps are login, .*\(ADCS_FAULT_SYNTAX\)$/m,
    ],
    [['--password', 'x', '--out', 'a', '--ca-key', 'rsa:1'], /^capf: "rsa:1": .*\(PKI_KEY_SPEC\)$/m],
    [['--password', 'x', '--out', 'a', '--listen', '192.0.2.1:4443'], /^capf: 192\.0\.2\.1:4443: .*\(LISTEN_FAILED\)$/m],
  ]
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await capf(['adcs', 'start', ...args], { cwd })
    t.match(stderr, said, args.join(' '))
    t.not(code, 0)
    t.equal(stdout, '')
    t.notMatch(stderr, /\n\s+at /)
  }
})

t.test('its codes are explained', async t => {
  const { stdout } = await capf(['errors', 'ADCS_TEMPLATE_UNKNOWN'], { cwd: t.testdir() })
  t.match(stdout, 'the login was good')
})
