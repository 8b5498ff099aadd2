import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Authority, embeddedAuthority } from '@capfkit/est'
import { formatAddress } from '@capfkit/listen'
import { derToPem, newCapfCa, parseCertificate, pemToDer } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { RunningServer } from './program.ts'
import { ca, freeAddress, newCa, now, PASSWORD, startRa, USER } from './registration-authority.ts'
import { onTerminal } from './terminal.ts'

type Wanted = { ra: string; args?: readonly string[]; password?: string; env?: Record<string, string> }

/** `capf server start --issuer online`, as a program with its worker. */
const startServer = async (t: Test, { ra, args = [], password = PASSWORD }: Wanted) => {
  const cwd = t.testdir({ 'ra.pem': ca.certificatePem })
  const online = ['--issuer', 'online', '--ra', ra, '--ra-trust', 'ra.pem', '--ra-user', USER, '--trace', 'trace.txt']
  const server = await RunningServer.start({ cwd, args: [...online, ...args], env: { CAPF_RA_PASSWORD: password } })
  t.teardown(() => server[Symbol.asyncDispose]())
  const store = `sqlite:${join(cwd, 'capf.db')}`
  const device = (...words: string[]) => onTerminal(['device', ...words, '--store', store], { isTTY: false })
  const enrol = async (name: string, ...more: string[]) => {
    const where = ['--server', server.address, '--capf-certificate', join(cwd, 'capf.pem'), '--out', join(cwd, 'lscs')]
    return onTerminal(['phone', 'enrol', name, ...where, '--retries', '0', '--json', ...more], { isTTY: false })
  }
  const trace = () => readFileSync(join(cwd, 'trace.txt'), 'utf8')
  return { cwd, server, device, enrol, trace }
}

const NAME = 'SEP001122334455'

t.test('a phone gets its LSC from the CA behind the registration authority', async t => {
  const ra = await startRa(t)
  const { cwd, server, device, enrol, trace } = await startServer(t, { ra: formatAddress(ra.address) })
  await device('add', NAME, '--operation', 'install')
  t.match(JSON.parse((await enrol(NAME)).stdout), { ok: false, reason: 7 }, 'but not one that does not offer to sign')
  t.match(JSON.parse((await device('show', NAME, '--json')).stdout), { status: 16 })
  const { code, stdout } = await enrol(NAME, '--sign-requests')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { ok: true, lsc: 'installed' })
  const lsc = parseCertificate(pemToDer(readFileSync(join(cwd, 'lscs', `${NAME}.pem`)))[0]!)
  t.strictSame(lsc.issuerDer, parseCertificate(ca.certificateDer).subjectDer)
  t.match(JSON.parse((await device('show', NAME, '--json')).stdout), { status: 3, lsc: { issuer: /LAB-DC-RTP/ } })

  server.signal('SIGTERM')
  const { stderr } = await server.ended
  t.match(stderr, /REQUEST_UNSIGNED/)
  t.match(stderr, /Online CA behind 127\.0\.0\.1:\d+: CN=LAB-DC-RTP/)
  t.match(trace(), /CServiceParameters::OnlineCAInit\(\) Online CA hostname is 127\.0\.0\.1/)
  t.match(trace(), /2:SEP001122334455:Enrollment rv = 0 \(EST_ERR_NONE\) with pkcs7 length = [1-9]\d+/)
  t.notMatch(stderr + trace() + stdout, PASSWORD)
})

t.test('an RA that is down when the server starts: it says so, and serves when the RA is there', async t => {
  const address = formatAddress(await freeAddress())
  const { device, enrol, server, trace } = await startServer(t, { ra: address })
  await device('add', NAME, '--operation', 'install')
  await enrol(NAME, '--sign-requests')
  t.match(JSON.parse((await device('show', NAME, '--json')).stdout), { status: 15 })
  t.match(trace(), /Enrollment rv = 43 \(EST_ERR_IP_CONNECT\)/)
  const known = server.said('the certificates of the Online CA are known')
  await startRa(t, { listen: address })
  t.match(JSON.parse((await enrol(NAME, '--sign-requests')).stdout), { ok: true, lsc: 'installed' })
  await known
  server.signal('SIGTERM')
  const { stderr } = await server.ended
  t.match(stderr, /the Online CA does not answer now.*EST_CONNECT_REFUSED/)
  t.match(stderr, /"names":\["[^"]*CN=LAB-DC-RTP[^"]*"\]/)
})

t.test('a CA that signs after its time: what the phone was told, and what becomes of the certificate', async t => {
  const inner = embeddedAuthority({ ca, now })
  const asked: Buffer[] = []
  let gate = Promise.withResolvers<void>()
  const isOpen = () => asked.length === 3
  const authority: Authority = {
    ...inner,
    enrol: async (csrDer, context) => {
      asked.push(csrDer)
      if (!isOpen()) await gate.promise
      return inner.enrol(csrDer, context)
    },
  }
  const ra = await startRa(t, { authority })
  const { cwd, device, enrol, trace } = await startServer(t, { ra: formatAddress(ra.address), args: ['--ca-timeout-ms', '200'] })
  const stale = async () =>
    (await onTerminal(['stale-lsc', 'list', '--json', '--store', `sqlite:${join(cwd, 'capf.db')}`], { isTTY: false })).stdout

  await device('add', NAME, '--operation', 'install')
  t.match(JSON.parse((await enrol(NAME, '--sign-requests')).stdout), { ok: false, reason: 7 })
  t.match(JSON.parse((await device('show', NAME, '--json')).stdout), { status: 15 })
  t.match(trace(), /Enrollment rv = 35 \(EST_ERR_SSL_READ\)/)
  gate.resolve()
  while (ra.pending > 0) await delay(5)
  t.match(JSON.parse((await enrol(NAME, '--sign-requests')).stdout), { ok: true, lsc: 'installed' }, 'it waits for the phone')
  t.equal(asked.length, 1, 'and the CA was asked once')

  gate = Promise.withResolvers()
  const other = 'SEP001122334466'
  await device('add', other, '--operation', 'install')
  t.match(JSON.parse((await enrol(other, '--sign-requests')).stdout), { ok: false })
  rmSync(join(cwd, 'lscs', `${other}.key`), { force: true })
  t.match(JSON.parse((await enrol(other, '--sign-requests')).stdout), { ok: true, lsc: 'installed' }, 'by another key')
  t.equal(await stale(), '')
  gate.resolve()
  while ((await stale()) === '') await delay(5)
  t.match(JSON.parse(await stale()), { device: other }, 'and the late one is a stale LSC')
})

t.test('what does not go together is said before anything starts', async t => {
  const cwd = t.testdir()
  writeFileSync(join(cwd, 'ca.pem'), derToPem((await newCapfCa({ now })).certificateDer))
  const start = (...args: string[]) =>
    onTerminal(['server', 'start', '--listen', '127.0.0.1:0', '--store', `sqlite:${join(cwd, 'capf.db')}`, ...args])
  const cases = [
    { args: ['--issuer', 'online'], says: /--issuer online needs --ra HOST:PORT/ },
    { args: ['--ra', 'localhost:8084'], says: /--ra is given without --issuer online/ },
    { args: ['--ra-user', 'x'], says: /--ra-user is given without --ra/ },
    {
      args: ['--issuer', 'online', '--ra', 'localhost:8084', '--ra-user', 'x'],
      says: /give --ra-user and --ra-password, or neither/,
    },
    { args: ['--issuer', 'online', '--ra', 'localhost:8084', '--ra-trust', join(cwd, 'no.pem')], says: /CLI_FILE_UNREADABLE/ },
    { args: ['--issuer', 'online', '--ra', 'localhost'], says: /ra must be HOST:PORT/ },
  ]
  for (const { args, says } of cases) t.match(await start(...args), { code: 2, stderr: says }, args.join(' '))
})

t.test('a CA with a reserved name is refused at start', async t => {
  const reserved = await newCa('CN=MY-CAPF-CA')
  const ra = await startRa(t, { authority: embeddedAuthority({ ca: reserved, now }) })
  await t.rejects(startServer(t, { ra: formatAddress(ra.address) }), /CA_NAME_RESERVED/)
})
