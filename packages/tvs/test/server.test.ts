import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from '@capfkit/codec/tvs'
import { CertificateStore, TvsServer } from '@capfkit/tvs'
import t from 'tap'
import { capf, recorded, tvs, unknown } from './certificates.ts'
import { ask, invalid, RawClient, serve, valid } from './serving.ts'

t.test('[TVS-1.3] several requests on one connection, one after the other', async t => {
  const server = await serve(t)
  const client = await server.client()
  for (let id = 1; id <= 5; id++) {
    client.send(ask(id, id % 2 ? capf : unknown))
    await client.answers(id)
  }
  t.strictSame(client.messages, [valid(1), invalid(2), valid(3), invalid(4), valid(5)])
  client.socket.end()
  await server.quiet()
  t.match(server.summaries, [
    { answers: { valid: 3, unknown: 2 }, deviceName: 'CP-8861-SEP001122334455', remoteAddress: '127.0.0.1' },
  ])
  t.equal(server.summaries[0]?.detail, undefined, 'that is how it should end')
})

t.test('requests that come together are answered in their order, in one write', async t => {
  const server = await serve(t)
  const client = await server.client()
  const ids = Array.from({ length: 40 }, (_, index) => index)
  // One TLS record holds 16 KiB.
  client.send(Buffer.concat(ids.slice(0, 15).map(id => ask(id))))
  t.strictSame(await client.answers(15), ids.slice(0, 15).map(valid))
  t.ok(client.records.length <= 2, `in ${client.records.length} records`)
  client.send(Buffer.concat(ids.slice(15).map(id => ask(id, id % 3 ? unknown : capf))))
  t.strictSame(
    (await client.answers(40)).slice(15),
    ids.slice(15).map(id => (id % 3 ? invalid(id) : valid(id))),
  )
})

t.test('256 at once, each with a connection of its own: all are answered', async t => {
  const server = await serve(t)
  const outcomes = await Promise.all(
    Array.from({ length: 256 }, async (_, id) => {
      const client = await server.client()
      client.send(ask(id, id % 2 ? capf : unknown))
      const [message] = await client.answers(1)
      client.socket.destroy()
      return message
    }),
  )
  t.strictSame(
    outcomes,
    outcomes.map((_, id) => (id % 2 ? valid(id) : invalid(id))),
  )
  await server.quiet()
  t.match(server.server.counters.counts, { requests: { valid: 128, unknown: 128, expired: 0 }, sessions: 256, rejected: {} })
})

t.test('another store answers from the next request on, on connections that are open, too', async t => {
  const server = await serve(t)
  const client = await server.client()
  client.send(ask(1))
  await client.answers(1)
  server.server.reload({ store: new CertificateStore([{ certificateDer: unknown, roles: [4] }]) })
  client.send(Buffer.concat([ask(2), ask(3, unknown)]))
  t.strictSame(await client.answers(3), [valid(1), invalid(2), valid(3)])
  t.equal(server.server.certificates, 1)
})

t.test('another certificate is shown from the next connection on; one that cannot serve changes nothing', async t => {
  const server = await serve(t)
  const before = await server.client()
  const next = recorded('mca')
  server.server.reload({ certificate: next })
  const shown = async () => (await server.client()).socket.getPeerX509Certificate()?.raw
  t.strictSame(await shown(), next.certificateDer)
  t.throws(() => server.server.reload({ certificate: { ...tvs, keyPem: next.keyPem }, store: new CertificateStore([]) }), {
    name: 'TvsError',
    code: 'TVS_CERTIFICATE_INVALID',
  })
  t.strictSame(await shown(), next.certificateDer)
  before.send(ask(1))
  t.strictSame(await before.answers(1), [valid(1)], 'and the store of before answers')
})

t.test('a drain ends who waits for nothing, answers who is in the middle of a request, and takes nobody new', async t => {
  const server = await serve(t)
  const { port } = server.server.address
  const [idle, inside] = [await server.client(), await server.client()]
  // An answer says that the server has seen the end of the handshake.
  idle.send(ask(1))
  inside.send(Buffer.concat([ask(2), ask(3).subarray(0, 100)]))
  await Promise.all([idle.answers(1), inside.answers(1)])
  const closed = server.server.close(600_000)
  await idle.closed
  await t.rejects(RawClient.connect(port), { code: 'ECONNREFUSED' })
  inside.send(ask(3).subarray(100))
  await inside.closed
  await closed
  t.strictSame(inside.messages, [valid(2), valid(3)])
  t.equal(server.server.close(), closed, 'a second call waits for the first')
})

t.test('a drain that takes too long cuts who is left', async t => {
  const server = await serve(t)
  const client = await server.client()
  client.send(Buffer.concat([ask(1), ask(2).subarray(0, 100)]))
  await client.answers(1)
  await server.server.close(20)
  await client.closed
  t.match(server.summaries, [{ detail: 'the server stops', answers: { valid: 1 } }])
})

t.test('one line a connection; what went wrong is a warning', async t => {
  const server = await serve(t)
  const good = await server.client()
  good.send(ask(1))
  await good.answers(1)
  good.socket.end()
  await good.closed
  const bad = await server.client()
  bad.send(Buffer.from('hello'))
  await bad.closed
  await server.quiet()
  const lines = server.logLines()
  t.match(lines, [
    { level: 30, msg: 'session ended', deviceName: 'CP-8861-SEP001122334455', answers: { valid: 1 } },
    { level: 40, msg: 'session failed', detail: /CODEC_BAD_MAGIC/, offset: 0 },
  ])
  t.equal(lines.length, 2)
})

t.test('a name from the wire cannot make a second line of the log', async t => {
  const server = await serve(t)
  const client = await server.client()
  client.send(encode({ name: 'VERIFY_REQUEST', sessionId: 1, certificateDer: capf, deviceName: 'CP\n{"level":60,"msg":"fire"}' }))
  await client.answers(1)
  client.socket.end()
  await server.quiet()
  t.equal(server.logLines().length, 1)
})

t.test('a name longer than any phone has fills no log', async t => {
  const server = await serve(t)
  const client = await server.client()
  client.send(encode({ name: 'VERIFY_REQUEST', sessionId: 1, certificateDer: capf, deviceName: 'x'.repeat(8_000) }))
  await client.answers(1)
  client.socket.end()
  await server.quiet()
  t.match(server.logLines(), [{ deviceName: 'x'.repeat(128), answers: { valid: 1 } }])
})

t.test('why it cannot start: a port in use, a certificate that cannot serve, a wrong option', async t => {
  const store = new CertificateStore([])
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const listen = `127.0.0.1:${(other.address() as { port: number }).port}`
  await t.rejects(TvsServer.start({ store, certificate: tvs, options: { listen } }), {
    name: 'ListenError',
    code: 'LISTEN_PORT_IN_USE',
    where: listen,
  })
  const certificate = { ...tvs, keyPem: recorded('mca').keyPem }
  await t.rejects(TvsServer.start({ store, certificate }), { name: 'TvsError', code: 'TVS_CERTIFICATE_INVALID' })
  await t.rejects(TvsServer.start({ store, certificate: tvs, options: { ttlSeconds: 0 } }), { name: 'OptionError' })
})

t.test('TLS secrets go to the key log', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-tvs-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const keylog = join(folder, 'keys.log')
  const server = await serve(t, { options: { keylog } })
  const client = await server.client()
  client.send(ask(1))
  await client.answers(1)
  t.match(readFileSync(keylog, 'utf8'), /^SERVER_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]+\n/)
})
