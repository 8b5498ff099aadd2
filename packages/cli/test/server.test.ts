import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect } from 'node:tls'
import t from 'tap'
import { capf, outcome, RunningServer, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

/** A phone that connects and then says nothing: a session that does not end by itself. */
const silentPhone = async (port: number) => {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  socket.on('error', () => {})
  // The server speaks first.
  await once(socket, 'data')
  return socket
}

const startArgs = (args: string[]) => [
  ...['server', 'start', '--workers', '1'],
  ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']),
  ...args,
]
const startFails = (args: string[], cwd: string) => capf(startArgs(args), { cwd })

t.test('makes its certificate beside the store, says where it listens, drains on SIGTERM', async t => {
  const cwd = t.testdir({ store: {} })
  const child = startCapf(['server', 'start', '--listen', '127.0.0.1:0', '--store', 'sqlite:store/capf.db', '--workers', '2'], {
    cwd,
  })
  const ended = outcome(child)
  const [line] = await once(child.stdout, 'data')
  t.match(String(line), /^listening on 127\.0\.0\.1:[1-9]\d*\n$/)
  t.equal(statSync(join(cwd, 'store/capf.pem')).mode & 0o777, 0o600)
  t.equal(statSync(join(cwd, 'store/capf.db')).mode & 0o777, 0o600)
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await ended
  t.equal(code, 0)
  t.equal(stdout, String(line), 'exactly one line')
  t.match(stderr, /^made the CAPF certificate store\/capf\.pem: CN=CAPF-[0-9a-f]{8}, SHA-1 [0-9a-f]{40}/)
  t.match(stderr, 'draining: no sessions left')
})

t.test('as JSON: where, which certificate, which store', async t => {
  const cwd = t.testdir()
  await using server = await RunningServer.start({ cwd })
  const sha1 = execFileSync('openssl', ['x509', '-in', 'capf.pem', '-noout', '-fingerprint', '-sha1'], { cwd, encoding: 'utf8' })
  t.match(server.ready, {
    version: 1,
    listening: { host: '127.0.0.1', port: Number },
    workers: 1,
    certificate: { file: 'capf.pem', made: true, subject: /^CN=CAPF-/ },
    store: 'sqlite:capf.db',
  })
  const { certificate } = server.ready as unknown as { certificate: { sha1: string } }
  t.equal(certificate.sha1, sha1.trim().split('=')[1]?.replaceAll(':', '').toLowerCase())
})

t.test('a session in progress may end; a second SIGINT does not wait for it', async t => {
  const cwd = t.testdir()
  await using server = await RunningServer.start({ cwd, args: ['--log-level', 'silent'] })
  await silentPhone(server.port)
  const draining = server.said('draining')
  server.signal('SIGINT')
  await draining
  const cutting = server.said('ending every session now')
  server.signal('SIGINT')
  await cutting
  t.equal((await server.ended).code, 5)
})

t.test('SIGTERM waits for a session, until it ends', async t => {
  await using server = await RunningServer.start({ cwd: t.testdir(), args: ['--log-level', 'silent'] })
  const phone = await silentPhone(server.port)
  const draining = server.said('draining')
  server.signal('SIGTERM')
  await draining
  phone.destroy()
  t.equal((await server.ended).code, 0)
})

t.test('SIGHUP serves the certificate that is in the file now', async t => {
  const cwd = t.testdir({ other: {} })
  await using server = await RunningServer.start({ cwd })
  const commonName = async () => {
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return subject.CN
  }
  const before = await commonName()
  await using other = await RunningServer.start({ cwd: join(cwd, 'other') })
  t.ok(other.port)
  renameSync(join(cwd, 'other/capf.pem'), join(cwd, 'capf.pem'))
  const reloaded = server.said('reloaded the CAPF certificate')
  server.signal('SIGHUP')
  await reloaded
  let after = await commonName()
  // The workers are told a moment after the sentence.
  while (after === before) after = await commonName()
  t.not(after, before)
  writeFileSync(join(cwd, 'capf.pem'), 'nothing')
  const kept = server.said('the certificate stays as it is')
  server.signal('SIGHUP')
  await kept
  t.equal(await commonName(), after)
})

t.test('says in one sentence why it cannot start', async t => {
  const cwd = t.testdir({
    folder: {},
    empty: {},
    'garbage.db': 'this is no database, whatever its name says',
    'bad.pem': 'no certificate',
  })
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const other = new DatabaseSync(join(cwd, 'other.db'))
  other.exec('CREATE TABLE things (a)')
  other.close()
  const cases: [args: string[], code: number, said: RegExp][] = [
    [
      ['--listen', `127.0.0.1:${port}`],
      2,
      new RegExp(`^capf: 127\\.0\\.0\\.1:${port}: another program listens .*\\(LISTEN_PORT_IN_USE\\)$`, 'm'),
    ],
    [['--listen', '192.0.2.1:3804'], 2, /^capf: 192\.0\.2\.1:3804: .*\(LISTEN_FAILED\)$/m],
    [['--certificate', 'none.pem'], 2, /^capf: none\.pem: .*cannot be read.*\(PKI_FILE_UNREADABLE\)$/m],
    [['--certificate', 'bad.pem'], 2, /^capf: bad\.pem: .*\(PKI_BAD_PEM\)$/m],
    [['--key', 'bad.pem'], 2, /^capf: --key is given without --certificate/m],
    [['--ca-key', 'bad.pem'], 2, /^capf: --ca-key is given without --ca-certificate/m],
    [['--mic-ca', 'bad.pem'], 2, /^capf: bad\.pem: .*\(CLI_BAD_CERTIFICATE_FILE\)$/m],
    [['--store', 'sqlite:folder'], 2, /^capf: folder.*: .*\(STORE_OPEN_FAILED\)$/m],
    [['--store', 'sqlite:garbage.db'], 2, /^capf: garbage\.db: .*\(STORE_NOT_A_STORE\)$/m],
    [['--store', 'sqlite:other.db'], 2, /^capf: other\.db: .*\(STORE_NOT_A_STORE\)$/m],
    [['--store', 'sqlite:none/capf.db', '--certificate', 'capf.pem'], 2, /^capf: none\/capf\.db: .*\(STORE_OPEN_FAILED\)$/m],
    [['--store', 'mysql://x'], 2, /^capf: --store mysql:\/\/x: .*\(CLI_STORE_KIND\)$/m],
    [
      ['--store', 'sqlite:none/capf.db'],
      2,
      /^capf: --store sqlite:none\/capf\.db: there is no folder none.*\(CLI_STORE_MISSING\)$/m,
    ],
    [['--admin', '0.0.0.0:0'], 2, /^capf: --admin 0\.0\.0\.0:0: .*token only.*\(CLI_ADMIN_OPEN\)$/m],
    [['--metrics', `127.0.0.1:${port}`], 2, /^capf: --metrics: the address cannot be listened on: .*\(CLI_DOOR_CLOSED\)$/m],
  ]
  for (const args of [
    ['--listen', `127.0.0.1:${port}`],
    ['--mic-ca', '../bad.pem'],
    ['--ra', 'localhost:1'],
  ]) {
    t.equal((await startFails(args, join(cwd, 'empty'))).code, 2)
    t.strictSame(readdirSync(join(cwd, 'empty')), [], `${args.join(' ')} leaves nothing behind`)
  }
  await (await RunningServer.start({ cwd })).signal('SIGTERM')
  for (const [args, code, said] of cases) {
    const ran = await onTerminal(startArgs(args), { cwd, isTTY: false })
    t.equal(ran.code, code, args.join(' '))
    t.match(ran.stderr, said)
    t.equal(ran.stdout, '')
    t.notMatch(ran.stderr, /\n\s+at /)
  }
})

t.test(
  'a certificate that this user may not read',
  { skip: process.getuid?.() === 0 ? 'root may read everything' : false },
  async t => {
    const cwd = t.testdir({ 'capf.pem': 'x' })
    chmodSync(join(cwd, 'capf.pem'), 0)
    t.match(await startFails([], cwd), { code: 2, stderr: /permission denied.*PKI_FILE_UNREADABLE/ })
  },
)

t.test('a store that another process holds locked', async t => {
  const cwd = t.testdir()
  await capf(['device', 'add', 'SEP000000000001'], { cwd })
  const holder = new DatabaseSync(join(cwd, 'capf.db'))
  holder.exec('BEGIN EXCLUSIVE')
  const locked = { code: 1, stderr: /^capf: capf\.db: another process holds the device store locked.*\(STORE_LOCKED\)$/m }
  t.match(await startFails(['--store-lock-timeout-ms', '50'], cwd), locked)
  t.match(await capf(['device', 'add', 'SEP000000000002', '--store-lock-timeout-ms', '50'], { cwd }), locked)
  holder.close()
})

t.test('a wrong option of the server is said each time with its cost', async t => {
  const cwd = t.testdir()
  const server = await RunningServer.start({ cwd, args: ['--legacy-tls', '--keylog', 'keys.log', '--store', 'memory:'] })
  await silentPhone(server.port).then(phone => phone.destroy())
  server.signal('SIGTERM')
  const { stderr } = await server.ended
  t.match(stderr, /^warning: --legacy-tls: whoever records a session/m)
  t.match(stderr, /^warning: --keylog: whoever has the file reads the sessions/m)
  t.ok(readFileSync(join(cwd, 'keys.log'), 'utf8').length > 0)
})

t.test('metrics and the admin door', async t => {
  const cwd = t.testdir()
  mkdirSync(join(cwd, 'certificates'))
  await using server = await RunningServer.start({
    cwd,
    args: ['--metrics', '127.0.0.1:0', '--admin', '127.0.0.1:0'],
    env: { CAPF_ADMIN_TOKEN: 'open sesame' },
  })
  const doors = server.ready as unknown as Record<'metrics' | 'admin', { port: number }>
  const ask = (door: 'metrics' | 'admin', path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${doors[door].port}${path}`, init)
  const text = await (await ask('metrics', '/metrics')).text()
  for (const name of ['capf_sessions 0', 'capf_connections', 'capf_workers 1', 'capf_cpu_seconds_total', 'capf_memory_bytes'])
    t.match(text, name)
  t.equal((await ask('metrics', '/healthz')).status, 200)
  t.equal((await ask('metrics', '/')).status, 404)

  const headers = { authorization: 'Bearer open sesame' }
  t.equal((await ask('admin', '/status')).status, 401)
  t.equal((await ask('admin', '/status', { headers: { authorization: 'Bearer sesame' } })).status, 401)
  t.equal((await ask('admin', '/status', { headers: { ...headers, origin: 'http://example.com' } })).status, 401)
  t.match(await (await ask('admin', '/status', { headers })).json(), { version: 1, listening: { port: server.port }, workers: 1 })
  t.equal((await ask('admin', '/drain', { headers })).status, 404, 'GET does not drain')
  t.match(await (await ask('admin', '/reload', { headers, method: 'POST' })).json(), { said: /^reloaded/ })
  t.strictSame(await (await ask('admin', '/drain', { headers, method: 'POST' })).json(), { draining: true })
  t.equal((await server.ended).code, 0)
})

t.test('a store that cannot be opened leaves no certificate and key beside it', async t => {
  const cwd = t.testdir({ folder: { store: {} }, other: { 'no.db': 'x'.repeat(1000) } })
  t.match(await startFails(['--store', 'folder/store'], cwd), { code: 2, stderr: /STORE_OPEN_FAILED/ })
  t.match(await startFails(['--store', 'other/no.db'], cwd), { code: 2, stderr: /STORE_NOT_A_STORE/ })
  t.strictSame([...readdirSync(join(cwd, 'folder')), ...readdirSync(join(cwd, 'other'))], ['store', 'no.db'])
})
