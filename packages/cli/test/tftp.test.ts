import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseConfig } from '@capfkit/codec/config'
import { formatPacket, parsePacket } from '@capfkit/codec/tftp'
import { parseSignedFile, parseTrustList, ROLES } from '@capfkit/codec/tlv'
import { checkSignature, checkTrustList, signersOf } from '@capfkit/pki'
import t from 'tap'
import { capf, outcome, RunningServer, startCapf } from './program.ts'
import { onTerminal } from './terminal.ts'

const service = ['tftp', 'start', '--http', '127.0.0.1:0', '--log-level', 'silent']

type Address = { host: string; port: number }
const httpUrl = (server: RunningServer) => `http://127.0.0.1:${(server.ready.http as Address).port}`

const fetchBytes = async (server: RunningServer, name: string): Promise<Buffer> => {
  const response = await fetch(`${httpUrl(server)}/${name}`)
  if (!response.ok) throw new Error(`${name}: ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

/** One packet for one packet. */
const askTftp = async (port: number, file: string) => {
  const socket = createSocket('udp4')
  socket.send(formatPacket({ name: 'RRQ', file, mode: 'octet', options: {} }), port, '127.0.0.1')
  const [datagram] = await once(socket, 'message')
  socket.close()
  return parsePacket(datagram)
}

t.test('the files of a folder by TFTP and HTTP; one line says where; SIGTERM ends it', async t => {
  const cwd = t.testdir({ folder: { 'ringlist.xml': '<x/>' }, 'secret.xml': 'secret' })
  const child = startCapf(
    ['tftp', 'start', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--folder', 'folder', '--log-level', 'silent'],
    {
      cwd,
    },
  )
  const ended = outcome(child)
  const [line] = await once(child.stdout, 'data')
  const [, tftp, http] = /^listening on tftp:\/\/127\.0\.0\.1:(\d+) http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(String(line)) ?? []
  t.equal(await (await fetch(`http://127.0.0.1:${http}/ringlist.xml`)).text(), '<x/>')
  t.equal((await fetch(`http://127.0.0.1:${http}/..%2fsecret.xml`)).status, 400)
  t.match(await askTftp(Number(tftp), 'none'), { name: 'ERROR', errorCode: 1 })
  t.match(await askTftp(Number(tftp), '../secret.xml'), { name: 'ERROR', errorCode: 2 })
  child.kill('SIGTERM')
  t.match(await ended, { code: 0, stdout: String(line), stderr: /^draining: / })
})

t.test('beside a CAPF server: lists that name its certificate, and configurations that know what is pending', async t => {
  const cwd = t.testdir({ folder: { 'SEP00112233AABB.cnf.xml.sgn': 'from the folder' } })
  await capf(['device', 'add', 'SEP001122334455', '--operation', 'install'], { cwd })
  // Makes capf.pem.
  await (await RunningServer.start({ cwd, args: ['--log-level', 'silent'] }))[Symbol.asyncDispose]()
  await using server = await RunningServer.start({
    cwd,
    service,
    args: [
      ...['--store', 'sqlite:capf.db', '--folder', 'folder', '--https', '127.0.0.1:0'],
      ...[
        '--capf-address',
        'capf.example.com:3804',
        '--tvs-address',
        '192.0.2.1:2445',
        '--call-manager',
        'one',
        '--call-manager',
        'two',
      ],
    ],
  })
  for (const file of ['tftp.pem', 'itlrecovery.pem', 'tftp-ec.pem']) t.equal(statSync(join(cwd, file)).mode & 0o777, 0o600, file)

  const list = await fetchBytes(server, 'ITLSEP001122334455.tlv')
  const { ok, findings } = checkTrustList(list)
  t.strictSame([ok, findings], [true, []])
  const { headers, records } = parseTrustList(list)
  t.match(headers[0].signer.name, /CN=ITLRECOVERY/)
  t.ok(records.some(({ role, subjectName }) => role === ROLES.CAPF.number && /^CN=CAPF-/.test(subjectName ?? '')))

  const configOf = async () => {
    const signed = await fetchBytes(server, 'SEP001122334455.cnf.xml.sgn')
    const { header, content } = parseSignedFile(signed)
    t.match(checkSignature(signed, header, signersOf(records)), { verdict: 'valid' })
    return parseConfig(content)
  }
  t.match(await configOf(), {
    capfAuthMode: 'null',
    capfList: [{ phonePort: 3804, processNodeName: 'capf.example.com' }],
    tvs: [{ priority: 0, port: 2445, address: '192.0.2.1' }],
    callManagers: [
      { priority: 0, processNodeName: 'one' },
      { priority: 1, processNodeName: 'two' },
    ],
  })
  t.match(await capf(['device', 'set', 'SEP001122334455', '--operation', 'none'], { cwd }), { code: 0 })
  t.match(await configOf(), { capfAuthMode: 'none' }, 'another order, another file')

  t.equal(String(await fetchBytes(server, 'SEP00112233AABB.cnf.xml.sgn')), 'from the folder', 'the folder goes before')
  t.match(await askTftp(server.port, 'ITLFile.tlv'), { name: 'DATA', data: list.subarray(0, 512) })
  const { port } = server.ready.https as Address
  const [response] = await once(
    get({ host: '127.0.0.1', port, path: '/XMLDefault.cnf.xml', rejectUnauthorized: false, agent: false }),
    'response',
  )
  t.match(await text(response), /<Default>[\s\S]*one/)
})

t.test('SIGHUP takes other certificates: lists and files are signed anew; one that cannot sign changes nothing', async t => {
  const cwd = t.testdir({ other: {} })
  await capf(['device', 'add', 'SEP001122334455'], { cwd })
  const store = ['--store', 'sqlite:capf.db']
  await using server = await RunningServer.start({ cwd, service, args: store })
  const serialOf = async () =>
    parseTrustList(await fetchBytes(server, 'ITLFile.tlv')).headers[0].signer.serialNumber.toString('hex')
  const before = await serialOf()
  rmSync(join(cwd, 'itlrecovery.pem'))
  const reloaded = server.said('reloaded the certificates')
  server.signal('SIGHUP')
  await reloaded
  const after = await serialOf()
  t.not(after, before)
  writeFileSync(join(cwd, 'itlrecovery.pem'), 'nothing')
  const kept = server.said('certificates stay as they are')
  server.signal('SIGHUP')
  await kept
  t.equal(await serialOf(), after)
})

t.test('says in one sentence why it cannot start', async t => {
  const cwd = t.testdir({ folder: {}, 'bad.pem': 'nothing' })
  await capf(['device', 'add', 'SEP001122334455'], { cwd })
  const taken = createSocket('udp4')
  taken.bind(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address()
  const cases: [args: string[], said: RegExp][] = [
    [[], /^capf: --folder DIR or --store sqlite:FILE is missing/m],
    [
      ['--folder', 'folder', '--capf-certificate', 'x', '--call-manager', 'y'],
      /^capf: --capf-certificate is of files.*\n.*--call-manager is of/m,
    ],
    [['--folder', 'none'], /^capf: none: .*\(FILES_FOLDER_MISSING\)$/m],
    [['--folder', 'folder', '--https', '127.0.0.1:0'], /\(FILES_NO_CERTIFICATE\)$/m],
    [
      ['--folder', 'folder', '--listen', `127.0.0.1:${port}`],
      /^capf: 127\.0\.0\.1:\d+: another program .*\(LISTEN_PORT_IN_USE\)$/m,
    ],
    [['--folder', 'folder', '--listen', '192.0.2.1:6969'], /\(LISTEN_FAILED\)$/m],
    [['--store', 'sqlite:none.db'], /\(CLI_STORE_MISSING\)$/m],
    [['--store', 'sqlite:capf.db', '--tftp-certificate', 'bad.pem'], /^capf: bad\.pem: .*\(PKI_/m],
    [['--store', 'sqlite:capf.db', '--capf-certificate', 'bad.pem'], /^capf: bad\.pem: .*\(CLI_BAD_CERTIFICATE_FILE\)$/m],
    [['--store', 'sqlite:capf.db', '--capf-address', 'nowhere'], /--capf-address must be HOST:PORT, got "nowhere"/],
  ]
  for (const [args, said] of cases) {
    const ran = await onTerminal(
      ['tftp', 'start', '--http', '127.0.0.1:0', ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']), ...args],
      { cwd, isTTY: false },
    )
    t.equal(ran.code, 2, args.join(' '))
    t.match(ran.stderr, said)
    t.equal(ran.stdout, '')
    t.notMatch(ran.stderr, /\n\s+at /)
  }
  taken.close()
})

t.test('doors: metrics count by transport and outcome, status tells what runs', async t => {
  const cwd = t.testdir({ folder: { a: 'x' } })
  await using server = await RunningServer.start({
    cwd,
    service,
    args: ['--folder', 'folder', '--metrics', '127.0.0.1:0', '--admin', '127.0.0.1:0'],
  })
  await fetchBytes(server, 'a')
  await fetch(`${httpUrl(server)}/none`)
  const door = (name: string) => `http://127.0.0.1:${(server.ready[name] as Address).port}`
  const metrics = await (await fetch(`${door('metrics')}/metrics`)).text()
  t.match(metrics, 'files_requests_total{transport="http",outcome="sent"} 1')
  t.match(metrics, 'files_requests_total{transport="http",outcome="not-found"} 1')
  t.match(await (await fetch(`${door('admin')}/status`)).json(), { version: 1, transfers: 0, served: { 'http sent': 1 } })
})
