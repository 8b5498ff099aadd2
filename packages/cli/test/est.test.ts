import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { EST_ERRORS } from '@capfkit/est'
import { formatName, parseCertificate, pemToDer } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { exitCodeFor } from '../src/exit-codes.ts'
import type { Io } from '../src/io.ts'
import { main } from '../src/main.ts'
import { outcome, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

const SERVICE = ['ra', 'start', '--ca-key', 'ec:p256', '--log-level', 'silent']
const PASSWORD = 'open sesame'

/** The commands in this process, with file names made whole: the same code, without the start of a program each time. */
const commandsIn = (cwd: string) => {
  const at = (file: string) => join(cwd, file)
  const run = (...args: string[]) =>
    onTerminal(
      args.map(arg => (arg.startsWith('@') ? at(arg.slice(1)) : arg)),
      { isTTY: false, env: {} },
    )
  return { at, run }
}

/** A service in this process, ready. */
const service = async (t: Test, args: readonly string[]) => {
  const signals = new EventEmitter()
  const ready = Promise.withResolvers<string>()
  let said = ''
  const io: Io = {
    stdin: Readable.from([]),
    stdout: { write: text => ready.resolve(String(text)) },
    stderr: { write: text => (said += text) },
    env: {},
    signals,
    now: () => new Date(),
  }
  const ended = main([...args, '--listen', '127.0.0.1:0', '--json'], io)
  const line = await Promise.race([ready.promise, ended.then(code => assert.fail(`it ended with ${code}: ${said}`))])
  t.teardown(async () => {
    signals.emit('SIGTERM')
    await ended
  })
  const { listening, ...rest } = JSON.parse(line) as { listening: { port: number } }
  return { port: listening.port, ready: rest as Record<string, unknown>, signals, ended, said: () => said }
}

/** A registration authority, and `capf est` beside it. */
const running = async (t: Test, args: readonly string[] = []) => {
  const cwd = t.testdir({ password: `${PASSWORD}\n` })
  const { at, run } = commandsIn(cwd)
  const ra = await service(t, [...SERVICE, '--out', at('ra'), '--user', 'capf', '--password-file', at('password'), ...args])
  const server = `127.0.0.1:${ra.port}`
  const est = (verb: string, ...rest: string[]) => run('est', verb, '--server', server, '--ca', '@ra/ca.pem', ...rest)
  const subjectOf = (file: string) => formatName(parseCertificate(pemToDer(readFileSync(at(file)))[0]!).subject)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return { cwd, ra, server, at, run, est, subjectOf, openssl }
}

const LOGIN = ['--user', 'capf', '--password-file', '@password'] as const

t.test('ra start: says where it listens, leaves its certificate and logs, drains on SIGTERM', async t => {
  const cwd = t.testdir()
  const child = startCapf([...SERVICE, '--out', 'ra', '--listen', '127.0.0.1:0', '--user', 'capf', '--password', PASSWORD], { cwd })
  const ended = outcome(child)
  const [line] = await once(child.stdout, 'data')
  t.match(String(line), /^listening on 127\.0\.0\.1:[1-9]\d*\n$/)
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await ended
  t.equal(code, 0)
  t.equal(stdout, String(line), 'exactly one line')
  t.match(stderr, /^made the CA ra\/ca\.pem: CN=TEST RA CA,O=capfkit TEST, SHA-1 [0-9a-f]{40}, until /m)
  t.notMatch(stderr, PASSWORD)
  t.strictSame(readdirSync(join(cwd, 'ra')), ['ca-key.pem', 'ca.pem', 'error.log', 'nginx.txt'])
  t.equal(statSync(join(cwd, 'ra/ca-key.pem')).mode & 0o777, 0o600)
  t.notMatch(readFileSync(join(cwd, 'ra/ca.pem'), 'utf8'), 'PRIVATE KEY')
  t.match(readFileSync(join(cwd, 'ra/nginx.txt'), 'utf8'), 'nginx: [warn] CA Chain requested but this value has not yet been set')
})

t.test('est: the certificates of the CA, an enrolment, a renewal', async t => {
  const { at, ra, est, subjectOf, server, openssl } = await running(t)
  t.match(ra.ready, { version: 1, authority: 'embedded', ca: { file: at('ra/ca.pem'), made: true } })
  const caCerts = await est('cacerts')
  t.equal(caCerts.code, 0, caCerts.stderr)
  t.strictSame(pemToDer(caCerts.stdout), pemToDer(readFileSync(at('ra/ca.pem'))))
  const listed = await est('cacerts', '--json')
  t.match(JSON.parse(listed.stdout), {
    version: 1,
    server,
    certificates: [{ subject: 'CN=TEST RA CA,O=capfkit TEST', pem: /^-----BEGIN/ }],
  })

  const subject = 'CN=SEP001122334455,O=Example'
  const wanted = ['--subject', subject, '--dns', 'phone.example', '--ip', '10.0.0.1', '--new-key', 'ec:p256']
  const enrolled = await est('enroll', ...LOGIN, ...wanted, '--out', '@phone.pem')
  t.equal(enrolled.code, 0, enrolled.stderr)
  t.ok(enrolled.stdout.startsWith(`${at('phone.pem')}: ${subject}, SHA-1 `))
  t.equal(statSync(at('phone.pem')).mode & 0o777, 0o600)
  t.equal(subjectOf('phone.pem'), subject)
  t.match(openssl('verify', '-CAfile', 'ra/ca.pem', 'phone.pem'), 'phone.pem: OK')
  t.match(openssl('x509', '-in', 'phone.pem', '-noout', '-ext', 'subjectAltName'), 'DNS:phone.example, IP Address:10.0.0.1')

  for (const rest of [
    ['--out', '@phone.pem'],
    ['--new-key', 'ec:p384', '--out', '@new.pem', '--json'],
  ]) {
    const renewed = await est('reenroll', '--credential', '@phone.pem', ...rest)
    t.equal(renewed.code, 0, renewed.stderr)
    if (rest.includes('--json')) t.match(JSON.parse(renewed.stdout), { version: 1, server, file: at('new.pem'), subject })
  }
  t.match(openssl('x509', '-in', 'new.pem', '-noout', '-text'), /ASN1 OID: secp384r1/)
  ra.signals.emit('SIGTERM')
  t.equal(await ra.ended, 0)
  t.match(readFileSync(at('ra/error.log'), 'utf8'), /"POST \/\.well-known\/est\/simplereenroll HTTP\/1\.1" 200/)
})

t.test('a request of openssl, sent as it is; a key that is there, bound to its connection', async t => {
  const { at, est, subjectOf, openssl } = await running(t)
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-subj', '/CN=SEP001122334455', '-out', 'req.pem')
  openssl('req', '-in', 'req.pem', '-outform', 'DER', '-out', 'req.der')
  for (const file of ['@req.pem', '@req.der']) {
    const { code, stderr } = await est('enroll', ...LOGIN, '--csr', file, '--out', '@lsc.pem')
    t.equal(code, 0, stderr)
    t.equal(subjectOf('lsc.pem'), 'CN=SEP001122334455')
    t.notMatch(readFileSync(at('lsc.pem'), 'utf8'), 'PRIVATE KEY')
  }
  const made = ['--subject', 'CN=a', '--private-key', '@key.pem', '--proof-of-possession', 'tls-unique']
  const own = await est('enroll', ...LOGIN, ...made, '--out', '@a.pem')
  t.equal(own.code, 0, own.stderr)
})

t.test('the first time, by a fingerprint; and what the server asks for', async t => {
  const { at, run, server, openssl } = await running(t, ['--proof-of-possession', 'required'])
  const fingerprint = openssl('x509', '-in', 'ra/ca.pem', '-noout', '-fingerprint', '-sha256').trim().split('=')[1]!
  const learn = (print: string) => run('est', 'cacerts', '--server', server, '--fingerprint', print, '--out', '@learnt.pem')
  const wrong = await learn(fingerprint.replace(/^../, pair => (pair === '00' ? '01' : '00')))
  t.match([wrong.code, wrong.stderr], [6, /EST_FINGERPRINT_MISMATCH/])
  t.equal((await learn(fingerprint)).code, 0)
  t.strictSame(readFileSync(at('learnt.pem')), readFileSync(at('ra/ca.pem')))
  const ask = (...rest: string[]) => run('est', 'csrattrs', '--server', server, '--ca', '@learnt.pem', ...rest)
  t.match((await ask()).stdout, /^proof of possession: challengePassword/)
  const wishes = { form: 'attributes', challengePassword: true, objectIdentifiers: ['1.2.840.113549.1.9.7'] }
  t.match(JSON.parse((await ask('--json')).stdout), { version: 1, wishes })
})

t.test('an offline CA: requests out, certificates in', async t => {
  const cwd = t.testdir({ password: `${PASSWORD}\n` })
  const { at, run } = commandsIn(cwd)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...ec, '-keyout', 'off.key', '-subj', '/CN=offline', '-days', '9', '-out', 'off.pem')
  const offline = ['--authority', 'folder', '--ca-certificate', at('off.pem'), '--retry-after-ms', '1000']
  const ra = await service(t, [...SERVICE, '--out', at('ra'), '--user', 'capf', '--password-file', at('password'), ...offline])
  const est = ['--server', `127.0.0.1:${ra.port}`, '--ca', '@ra/ca.pem', ...LOGIN, '--csr', '@req.pem', '--out', '@lsc.pem']
  const enrol = (...rest: string[]) => run('est', 'enroll', ...est, ...rest)
  openssl('req', '-new', ...ec, '-keyout', 'key.pem', '-subj', '/CN=SEP001122334455', '-out', 'req.pem')
  const pending = await enrol()
  t.match([pending.code, pending.stderr], [1, /has not decided yet.*EST_PENDING/])
  const verb = (...args: string[]) => run('ra', ...args, '--out', '@ra')
  t.equal((await verb('count')).stdout, '1\n')
  t.match((await verb('list')).stdout, /^SEP001122334455-[0-9a-f]{16} {2}.* {2}CN=SEP001122334455\n$/)
  t.match((await verb('dump', '--to', '@out.pem')).stderr, 'out.pem: 1 request')
  const signer = ['-CA', 'off.pem', '-CAkey', 'off.key', '-CAcreateserial', '-days', '5']
  openssl('x509', '-req', '-in', 'out.pem', ...signer, '-out', 'signed.pem')
  t.match((await verb('import', '@signed.pem')).stdout, /^imported SEP001122334455-/)
  const stranger = await verb('import', '@off.pem')
  t.match([stranger.code, stranger.stderr], [1, /no request waits for the certificate of CN=offline/])
  const garbage = await verb('import', '@password')
  t.match([garbage.code, garbage.stderr], [2, /\/password: .*CLI_BAD_CERTIFICATE_FILE/])
  const issued = await enrol('--wait-ms', '10000')
  t.equal(issued.code, 0, issued.stderr)
  t.match(openssl('verify', '-CAfile', 'off.pem', 'lsc.pem'), 'OK')
  t.equal((await verb('count', '--json')).stdout, '{"version":1,"count":0}\n')
  const again = est
    .with(est.indexOf('@req.pem') - 1, '--subject')
    .with(est.indexOf('@req.pem'), 'CN=made')
    .with(-1, '@made.pem')
  const made = (...rest: string[]) => run('est', 'enroll', ...again, '--new-key', 'ec:p256', ...rest)
  const undecided = await made()
  t.match([undecided.code, undecided.stderr], [1, /made\.pem\.key: the key of the request; ask again with --private-key/])
  t.equal(statSync(at('made.pem.key')).mode & 0o777, 0o600)
  const kept = readFileSync(at('made.pem.key'))
  t.equal((await made('--private-key', '@made.pem.key')).code, 1)
  t.equal((await verb('count')).stdout, '1\n', 'the same request')
  t.strictSame(readFileSync(at('made.pem.key')), kept)
  t.equal((await verb('delete')).code, 0)
  await enrol()
  t.equal((await verb('delete', 'nobody')).code, 1)
  t.equal((await verb('delete')).stdout, 'deleted 1 request\n')
})

t.test('in front of AD CS', async t => {
  const cwd = t.testdir({ password: `${PASSWORD}\n` })
  const { at, run } = commandsIn(cwd)
  const password = ['--password-file', at('password')]
  const adcs = await service(t, ['adcs', 'start', '--out', at('adcs'), '--ca-key', 'ec:p256', '--log-level', 'silent', ...password])
  const login = ['--adcs', `localhost:${adcs.port}`, '--adcs-user', 'TEST\\ciscora', '--adcs-password-file', at('password')]
  const behind = ['--authority', 'adcs', ...login, '--adcs-trust', at('adcs/ca.pem'), '--profile', 'libest']
  const ra = await service(t, [...SERVICE, '--out', at('ra'), '--user', 'capf', ...password, ...behind])
  const asked = [
    '--server',
    `127.0.0.1:${ra.port}`,
    '--ca',
    '@ra/ca.pem',
    ...LOGIN,
    '--subject',
    'CN=SEP001122334455',
    '--out',
    '@lsc.pem',
  ]
  const { code, stderr } = await run('est', 'enroll', ...asked)
  t.equal(code, 0, stderr)
  const verified = execFileSync('openssl', ['verify', '-CAfile', 'adcs/ca.pem', 'lsc.pem'], { cwd, encoding: 'utf8' })
  t.match(verified, 'OK')
  ra.signals.emit('SIGTERM')
  t.equal(await ra.ended, 0)
  t.match(readFileSync(at('ra/error.log'), 'utf8'), 'login_to_certsrv_ca: Secure connection to MS CertServ completed successfully')
})

t.test('the CA stays when the service starts again; another certificate without a restart; who is measured', async t => {
  const { at, ra, est } = await running(t, ['--admin', '127.0.0.1:0', '--metrics', '127.0.0.1:0'])
  const { admin, metrics } = ra.ready as { admin: { port: number }; metrics: { port: number } }
  t.equal((await est('cacerts', '--out', '@a.pem')).code, 0)
  const reloaded = await fetch(`http://127.0.0.1:${admin.port}/reload`, { method: 'POST' })
  t.match(await reloaded.json(), { said: /^reloaded the certificate: CN=localhost/ })
  t.equal((await est('cacerts', '--out', '@b.pem')).code, 0)
  const status = await fetch(`http://127.0.0.1:${admin.port}/status`)
  t.match(await status.json(), { version: 1, pending: 0, requests: { 'cacerts 200': 2 } })
  const scraped = await fetch(`http://127.0.0.1:${metrics.port}/metrics`)
  t.match(await scraped.text(), 'est_requests_total{operation="cacerts",status="200"} 2')
  ra.signals.emit('SIGTERM')
  t.equal(await ra.ended, 0)
  const before = readFileSync(at('ra/ca.pem'), 'utf8')
  const again = await service(t, [...SERVICE, '--out', at('ra'), '--http-auth', 'off'])
  t.match(again.ready, { ca: { made: false } })
  t.match(again.said(), /^warning: --http-auth off without --client-certificates required: whoever reaches the port/m)
  t.equal(readFileSync(at('ra/ca.pem'), 'utf8'), before)
})

t.test('mistakes are told, all at once, before anything is asked', async t => {
  const { run } = commandsIn(t.testdir({ 'key.pem': 'nothing' }))
  const enroll = ['est', 'enroll', '--server', 'h:1', '--system-roots', '--out', '@x'] as const
  for (const [args, code, words] of [
    [['est', 'cacerts'], 2, /--server HOST:PORT is missing/],
    [['est', 'cacerts', '--server', 'h:1'], 2, /give one of --ca FILE, --fingerprint SHA256, --system-roots/],
    [
      ['est', 'cacerts', '--server', 'h:1', '--ca', 'a', '--system-roots', '--key', 'k', '--user', 'u'],
      2,
      /give one of[\s\S]*--user and[\s\S]*--key is given/,
    ],
    [['est', 'cacerts', '--server', 'h:1', '--fingerprint', 'abc'], 2, /SHA-256 fingerprint/],
    [enroll, 2, /give --csr FILE, or --subject/],
    [[...enroll, '--csr', '@key.pem'], 2, /no certificate request in it/],
    [[...enroll, '--csr', 'a', '--dns', 'b'], 2, /for a request that is made/],
    [[...enroll, '--subject', 'CN=a', '--ip', '10.0.0.1', '--ip', '999.1.1.1'], 2, /--ip must be an IP address, got "999.1.1.1"/],
    [
      ['est', 'enroll', '--server', '127.0.0.1:1', '--system-roots', '--subject', 'CN=a', '--out', '@missing/x'],
      1,
      /missing\/x: .*CLI_FILE_UNWRITABLE/,
    ],
    [
      ['est', 'reenroll', '--server', '127.0.0.1:1', '--system-roots', '--credential', '@key.pem', '--out', '@missing/x'],
      1,
      /CLI_FILE_UNWRITABLE/,
    ],
    [['est', 'cacerts', '--server', '127.0.0.1:1', '--system-roots'], 6, /EST_CONNECT_REFUSED/],
    [['ra', 'start', '--out', '@ra'], 2, /--user and --password-file/],
    [['ra', 'start', '--user', 'u', '--password', 'p'], 2, /--out FOLDER is missing/],
    [
      ['ra', 'start', '--out', '@ra', '--ca-key', 'ec:p256', '--user', 'u', '--password', 'p', '--authority', 'adcs'],
      2,
      /--adcs HOST:PORT is missing[\s\S]*--adcs-trust/,
    ],
    [['ra', 'count', '--out', '@key.pem'], 2, /EST_FOLDER_UNUSABLE/],
    [['ra', 'start', '--out', '@ra', '--adcs-template', 'a\nSAN:dns=b'], 2, /--adcs-template must be .* without line breaks/],
  ] as const) {
    const ran = await run(...args)
    t.equal(ran.code, code, args.join(' '))
    t.match(ran.stderr, words)
  }
  for (const code of Object.keys(EST_ERRORS)) t.ok([1, 2, 6].includes(exitCodeFor(code)), code)
})
