import { spawn, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { ConnectionOptions } from 'node:tls'
import t from 'tap'
import { capf } from './certificates.ts'
import { obey, ScriptedPhone } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

/** A phone of long ago, as OpenSSL 3 can still play it. */
const OLD = (minVersion: 'TLSv1' | 'TLSv1.1', ciphers = 'AES128-SHA'): ConnectionOptions => ({
  minVersion,
  maxVersion: minVersion,
  ciphers: `${ciphers}:@SECLEVEL=0`,
})

const install = async (server: Serving, tls: ConnectionOptions) => {
  const phone = await ScriptedPhone.connect({ ...tls, port: server.server.address.port })
  await phone.greet(await server.device())
  const protocol = phone.socket.getProtocol()
  const reason = await obey(phone)
  return { protocol, cipher: phone.socket.getCipher(), reason }
}

// [CAPF-1.1]
t.test('TLS 1.2 and 1.3 are spoken, with forward secrecy; the server shows the CAPF certificate and asks for none', async t => {
  const server = await serve(t)
  t.match(await install(server, {}), { protocol: 'TLSv1.3', reason: 1 })
  t.match(await install(server, { maxVersion: 'TLSv1.2' }), { protocol: 'TLSv1.2', reason: 1 })
  const phone = await server.phone()
  t.equal(phone.socket.getPeerX509Certificate()?.fingerprint256, new X509Certificate(capf.certificateDer).fingerprint256)
  t.match(phone.socket.getEphemeralKeyInfo(), { type: 'ECDH', name: 'X25519' }, 'no hybrid exchange that no phone knows')
  phone.hangUp()
  const older = await server.phone({ maxVersion: 'TLSv1.2' })
  t.equal(older.socket.getTLSTicket(), undefined, 'no ticket')
  older.hangUp()
})

t.test('the range of versions is as configured', async t => {
  const newest = await serve(t, { options: { tlsMinVersion: 'TLSv1.3' } })
  await t.rejects(newest.phone({ maxVersion: 'TLSv1.2' }))
  t.match(await install(newest, {}), { protocol: 'TLSv1.3' })
  const older = await serve(t, { options: { tlsMaxVersion: 'TLSv1.2' } })
  t.match(await install(older, {}), { protocol: 'TLSv1.2' })
})

// [CAPF-1.5]
t.test('a phone of TLS 1.0 is refused, in the log by its reason, and served where legacy TLS is on', async t => {
  const server = await serve(t)
  const legacy = await serve(t, { options: { legacyTls: true } })
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    await t.rejects(server.phone(OLD(version)), version)
    t.match(server.logLines().at(-1), { msg: 'connection refused', why: 'tls', detail: /protocol/ })
    for (const cipher of ['AES128-SHA', 'AES256-SHA'])
      t.match(await install(legacy, OLD(version, cipher)), { protocol: version, reason: 1 }, `${version} ${cipher}`)
  }
  t.match(await install(legacy, {}), { protocol: 'TLSv1.3', reason: 1 }, 'new phones are served as before')
  t.equal(server.summaries.length, 0)
})

const openssl = spawnSync('openssl', ['version']).status === 0

/** Which cipher `openssl s_client` and the server agree on; `undefined` when on none. */
const agreed = async (server: Serving, args: readonly string[]): Promise<string | undefined> => {
  const connect = `127.0.0.1:${server.server.address.port}`
  const client = spawn('openssl', ['s_client', '-connect', connect, '-no_ign_eof', '-brief', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [client.stdout, client.stderr])
    stream.on('data', chunk => {
      said += chunk
      // AUTH_REQUEST has come: the handshake is done.
      if (/Ciphersuite: \S+\n/.test(said)) client.stdin.end()
    })
  await once(client, 'close')
  return /Ciphersuite: (\S+)/.exec(said)?.[1]
}

const MODERN = ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA']
const RSA_EXCHANGE = ['AES128-SHA', 'AES256-SHA', 'AES256-GCM-SHA384']
const NEVER = ['DHE-RSA-AES256-GCM-SHA384', 'DHE-RSA-AES128-SHA', 'NULL-SHA', 'ADH-AES128-SHA', 'PSK-AES128-CBC-SHA']

t.test('the ciphers of TLS 1.2, asked for one by one with openssl', { skip: !openssl && 'no openssl here' }, async t => {
  const server = await serve(t)
  const legacy = await serve(t, { options: { legacyTls: true } })
  const ask = (on: Serving, cipher: string) => agreed(on, ['-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`])
  for (const cipher of MODERN) {
    t.equal(await ask(server, cipher), cipher)
    t.equal(await ask(legacy, cipher), cipher)
  }
  for (const cipher of RSA_EXCHANGE) {
    t.equal(await ask(server, cipher), undefined, `${cipher} has no forward secrecy`)
    t.equal(await ask(legacy, cipher), cipher, `${cipher} is for old phones`)
  }
  for (const cipher of NEVER) {
    t.equal(await ask(server, cipher), undefined, cipher)
    t.equal(await ask(legacy, cipher), undefined, `${cipher}, legacy`)
  }
  t.match(await agreed(server, ['-tls1_3']), /^TLS_/)
  t.equal(await agreed(legacy, ['-tls1', '-cipher', 'AES128-SHA:@SECLEVEL=0']), 'AES128-SHA')
  t.equal(await agreed(server, ['-tls1', '-cipher', 'AES128-SHA:@SECLEVEL=0']), undefined)
})
