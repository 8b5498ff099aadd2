import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { encode } from '@capfkit/codec/tvs'
import t from 'tap'
import { capf, RunningServer } from './program.ts'
import { onTerminal } from './terminal.ts'

const pem = (name: string) => fileURLToPath(new URL(`../../../test-vectors/pem/${name}.pem`, import.meta.url))

const service = ['tvs', 'start']
const TVS = ['--certificate', pem('tvs')]

/** A certificate of these days, by the openssl program: the recorded ones begin on a day of their own. */
const certificateNow = (cwd: string, { name }: { name: string }): string => {
  const file = join(cwd, `${name}.pem`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${file}.key`]
  const args = ['req', '-x509', ...key, '-subj', `/O=Example/CN=${name}`, '-out', file]
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return file
}

const verify = (file: string, { server, args = [] }: { server: RunningServer; args?: string[] }) =>
  onTerminal(['tvs', 'verify', file, '--server', server.address, '--tvs-certificate', pem('tvs'), ...args], { isTTY: false })

t.test('a certificate that is vouched for, one that is not: exit 0 and 1', async t => {
  const cwd = t.testdir({ folder: {} })
  const [one, two] = [certificateNow(cwd, { name: 'one' }), certificateNow(cwd, { name: 'two' })]
  execFileSync('openssl', ['x509', '-in', two, '-outform', 'DER', '-out', join(cwd, 'folder/two.cer')])
  writeFileSync(join(cwd, 'folder/notes.txt'), 'no certificate')
  const other = certificateNow(cwd, { name: 'other' })
  await using server = await RunningServer.start({
    cwd,
    service,
    args: [...TVS, '--trust', `capf=${one}`, '--trust', 'SAST,ccm+tftp,99=folder', '--ttl-seconds', '3600'],
  })
  t.match(server.ready, { version: 1, certificates: 2, certificate: { file: pem('tvs'), subject: /^CN=TVS-TEST/ } })

  t.match(await verify(one, { server }), { code: 0, stdout: 'O=Example,CN=one: valid: CAPF, for 3600 s\n', stderr: '' })
  t.match(await verify(two, { server, args: ['--json'] }), {
    code: 0,
    stdout: /"isValid":true.*"roles":\[\{"number":0,"name":"SAST"\},\{"number":2,"name":"CCM\+TFTP"\},\{"number":99\}\]/,
  })
  t.match(await verify(other, { server, args: ['--device-name', 'CP-8861-SEP001122334455'] }), {
    code: 1,
    stdout: 'O=Example,CN=other: not valid\n',
  })
  const both = join(cwd, 'both.pem')
  writeFileSync(both, execFileSync('cat', [one, other]))
  t.match(await verify(both, { server }), { code: 1, stdout: /one: valid.*\n.*other: not valid\n/ }, 'several in a file')
})

t.test('no TVS that is trusted: exit 6 and a sentence', async t => {
  const cwd = t.testdir()
  const file = pem('capf')
  await using server = await RunningServer.start({ cwd, service, args: [...TVS, '--trust', `capf=${file}`] })
  const ask = (address: string, tvs: string) =>
    onTerminal(['tvs', 'verify', file, '--server', address, '--tvs-certificate', tvs, '--reply-timeout-ms', '50'], { isTTY: false })
  t.match(await ask(server.address, pem('mca')), { code: 6, stdout: '', stderr: /^capf: .*\(TVS_UNTRUSTED_SERVER\)\n$/ })
  server.signal('SIGTERM')
  await server.ended
  t.match(await ask(server.address, pem('tvs')), { code: 6, stdout: '', stderr: /^capf: .*\(TVS_CONNECT_REFUSED\)\n$/ })
})

t.test('openssl sees the TVS certificate and is asked for none', async t => {
  const cwd = t.testdir()
  await using server = await RunningServer.start({ cwd, service, args: [...TVS, '--trust', `tvs=${pem('tvs')}`] })
  const { stdout } = spawnSync('openssl', ['s_client', '-connect', server.address], { input: '', encoding: 'utf8' })
  t.match(stdout, /subject=CN ?= ?TVS-TEST/)
  t.match(stdout, 'No client certificate CA names sent')
})

t.test('SIGHUP reads the TVS certificate and the trusted files again; what cannot be read changes nothing', async t => {
  const cwd = t.testdir({ trusted: {} })
  const [first, second] = [certificateNow(cwd, { name: 'first' }), certificateNow(cwd, { name: 'second' })]
  copyFileSync(pem('tvs'), join(cwd, 'tvs.pem'))
  copyFileSync(first, join(cwd, 'trusted/a.pem'))
  await using server = await RunningServer.start({ cwd, service, args: ['--certificate', 'tvs.pem', '--trust', 'capf=trusted'] })
  t.match(await verify(second, { server }), { code: 1 })

  const reloaded = server.said('2 certificates in the store')
  copyFileSync(second, join(cwd, 'trusted/b.pem'))
  server.signal('SIGHUP')
  await reloaded
  t.match(await verify(second, { server }), { code: 0 })

  const kept = server.said('certificates stay as they are: ')
  writeFileSync(join(cwd, 'trusted/c.pem'), 'nothing')
  server.signal('SIGHUP')
  await kept
  t.match(await verify(second, { server }), { code: 0 })

  const another = server.said('CN=CAPF-TEST')
  renameSync(join(cwd, 'trusted/c.pem'), join(cwd, 'c.txt'))
  copyFileSync(pem('capf'), join(cwd, 'tvs.pem'))
  server.signal('SIGHUP')
  await another
  t.match(await verify(second, { server }), { code: 6, stderr: /TVS_UNTRUSTED_SERVER/ })
})

t.test('SIGTERM ends a connection that waits for nothing, and the service', async t => {
  const cwd = t.testdir()
  await using server = await RunningServer.start({ cwd, service, args: [...TVS, '--trust', `capf=${pem('capf')}`] })
  const phone = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
  phone.write(encode({ name: 'VERIFY_REQUEST', sessionId: 1, certificateDer: Buffer.alloc(0) }))
  await once(phone, 'data')
  server.signal('SIGTERM')
  await once(phone, 'close')
  t.match(await server.ended, { code: 0, stderr: 'draining: 1 session left' })
})

t.test('metrics and the admin door', async t => {
  const cwd = t.testdir()
  const doors = ['--metrics', '127.0.0.1:0', '--admin', '127.0.0.1:0']
  await using server = await RunningServer.start({ cwd, service, args: [...TVS, '--trust', `capf=${pem('capf')}`, ...doors] })
  const ports = server.ready as unknown as Record<'metrics' | 'admin', { port: number }>
  const ask = (door: 'metrics' | 'admin', path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${ports[door].port}${path}`, init)
  await verify(pem('mca'), { server })
  const text = await (await ask('metrics', '/metrics')).text()
  for (const line of ['tvs_requests_total{answer="unknown"} 1', 'tvs_sessions_total 1', 'tvs_certificates 1']) t.match(text, line)
  t.equal((await ask('metrics', '/healthz')).status, 200)
  t.match(await (await ask('admin', '/status')).json(), { listening: { port: server.port }, counts: { requests: { unknown: 1 } } })
  t.match(await (await ask('admin', '/reload', { method: 'POST' })).json(), { said: /^reloaded the TVS certificate/ })
  t.strictSame(await (await ask('admin', '/drain', { method: 'POST' })).json(), { draining: true })
  t.equal((await server.ended).code, 0)
})

t.test('says in one sentence why it cannot start, and every mistake at once', async t => {
  const cwd = t.testdir({ 'bad.pem': 'no certificate' })
  const [bad, none] = [join(cwd, 'bad.pem'), join(cwd, 'none')]
  const trust = ['--trust', `capf=${pem('capf')}`]
  const cases: [args: string[], said: RegExp][] = [
    [trust, /^capf: --certificate FILE is missing/m],
    [TVS, /^capf: --trust ROLE=FILE is missing/m],
    [
      [...TVS, '--trust', 'capf', '--trust', 'king=a.pem'],
      /^capf: --trust must be ROLE=FILE, got "capf"; .*\ncapf: --trust must be ROLE=FILE, got "king=a\.pem"; roles are sast, ccm, /m,
    ],
    [[...TVS, '--trust', '256=a.pem'], /got "256=a\.pem"/],
    [['--certificate', none, ...trust], /none: .*\(PKI_FILE_UNREADABLE\)$/m],
    [['--certificate', bad, ...trust], /bad\.pem: .*\(PKI_BAD_PEM\)$/m],
    [[...TVS, '--key', pem('capf'), ...trust], /\(PKI_KEY_MISMATCH\)$/m],
    [[...TVS, '--trust', `capf=${bad}`], /bad\.pem: .*\(CLI_BAD_CERTIFICATE_FILE\)$/m],
    [[...TVS, '--trust', `capf=${none}`], /none: .*\(CLI_FILE_UNREADABLE\)$/m],
    [[...TVS, ...trust, '--listen', '192.0.2.1:2445'], /^capf: 192\.0\.2\.1:2445: .*\(LISTEN_FAILED\)$/m],
  ]
  for (const [args, said] of cases) {
    const ran = await onTerminal(['tvs', 'start', ...args], { isTTY: false })
    t.match(ran, { code: 2, stdout: '', stderr: said }, args.join(' '))
    t.notMatch(ran.stderr, /\n\s+at /)
  }
  t.match(await capf(['tvs', 'verify', pem('capf')], { cwd }), {
    code: 2,
    stderr: /--server HOST:PORT is missing.*\n.*--tvs-certificate FILE is missing/,
  })
})
