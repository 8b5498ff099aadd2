import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { encode, FrameReader, type Message } from '@capfkit/codec/tvs'
import { freePort } from '@capfkit/listen'
import { formatListName, parseCertificate } from '@capfkit/pki'
import { TvsClient, type TvsClientInit } from '@capfkit/tvs'
import t, { type Test } from 'tap'
import { capf, recorded, tvs, unknown } from './certificates.ts'
import { CAPF_ROLE, DAY_SECONDS, serve } from './serving.ts'

const clientOf = (t: Test, init: Pick<TvsClientInit, 'host' | 'port'> & Partial<TvsClientInit>) => {
  const sockets: TLSSocket[] = []
  const client = new TvsClient({
    trusted: [tvs.certificateDer],
    connect: target => {
      const socket = tlsConnect({ ...target, rejectUnauthorized: false })
      sockets.push(socket)
      return socket
    },
    ...init,
  })
  t.teardown(() => client[Symbol.asyncDispose]())
  return { client, sockets }
}

/** A TLS server that does with each request what a test says; the request comes with its connection. */
const scripted = async (t: Test, answer: (message: Message, socket: TLSSocket) => void) => {
  const server = createServer({ cert: tvs.certificatePem, key: tvs.keyPem }, socket => {
    const reader = new FrameReader()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const message of reader.push(chunk)) answer(message, socket)
    })
  }).listen(0, '127.0.0.1')
  server.on('tlsClientError', () => {})
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port }
}

const good = (sessionId: number) => encode({ name: 'VERIFY_RESPONSE', sessionId, status: 0, roles: [4], ttlSeconds: 60 })

t.test('verify and query over one connection, with the device name', async t => {
  const server = await serve(t)
  const { client, sockets } = clientOf(t, { ...server.server.address, deviceName: 'CP-8861-SEP001122334455' })
  const yes = { isValid: true, status: 0, roles: [CAPF_ROLE], ttlSeconds: DAY_SECONDS }
  t.strictSame(await client.verify(capf), yes)
  t.strictSame(await client.verify(unknown), { isValid: false, status: 1, roles: [], ttlSeconds: undefined })
  const { issuer, serialNumber } = parseCertificate(capf)
  t.strictSame(await client.query({ issuer: formatListName(issuer), serialNumber }), { ...yes, certificateDer: capf })
  t.match(await client.query({ subject: 'CN=nobody' }), { isValid: false, certificateDer: undefined })
  t.equal(sockets.length, 1)
  await client[Symbol.asyncDispose]()
  await server.quiet()
  t.match(server.summaries, [{ deviceName: 'CP-8861-SEP001122334455', answers: { valid: 2, unknown: 2 } }])
  t.equal(server.summaries[0]?.detail, undefined, 'it says good bye')
})

t.test('a hundred at once share the connection, each with a session id of its own', async t => {
  const server = await serve(t)
  const { client, sockets } = clientOf(t, { ...server.server.address, random: limit => limit - 50 })
  const verdicts = await Promise.all(Array.from({ length: 100 }, (_, index) => client.verify(index % 3 ? capf : unknown)))
  t.strictSame(
    verdicts.map(({ isValid }) => isValid),
    verdicts.map((_, index) => index % 3 > 0),
  )
  t.equal(sockets.length, 1)
})

t.test('answers may come in any order, and one that nobody waits for is passed over', async t => {
  const held: number[] = []
  const address = await scripted(t, ({ sessionId }, socket) => {
    held.push(sessionId)
    if (held.length < 3) return
    socket.write(good((held[0]! + 1000) >>> 0))
    for (const [index, id] of held.toReversed().entries())
      socket.write(encode({ name: 'VERIFY_RESPONSE', sessionId: id, status: 0, roles: [index] }))
  })
  const { client } = clientOf(t, address)
  const verdicts = await Promise.all([client.verify(capf), client.verify(capf), client.verify(capf)])
  t.strictSame(
    verdicts.map(({ roles }) => roles),
    [[2], [1], [0]],
  )
  t.equal(verdicts[0]?.ttlSeconds, undefined)
})

t.test('a connection that the server has closed in between is made anew', async t => {
  const address = await scripted(t, ({ sessionId }, socket) => {
    socket.write(good(sessionId))
    socket.end()
  })
  const { client, sockets } = clientOf(t, address)
  for (let count = 1; count <= 3; count++) t.equal((await client.verify(capf)).isValid, true)
  t.equal(sockets.length, 3)
})

t.test('a request that a kept connection swallows is asked again; a new connection that does so is a failure', async t => {
  let requests = 0
  const address = await scripted(t, ({ sessionId }, socket) => {
    requests++
    if (requests === 1) socket.write(good(sessionId))
    else socket.destroy()
  })
  const { client, sockets } = clientOf(t, address)
  await client.verify(capf)
  await t.rejects(client.verify(capf), { name: 'TvsError', code: 'TVS_HUNG_UP', where: `127.0.0.1:${address.port}` })
  t.equal(requests, 3)
  t.equal(sockets.length, 2)
})

t.test('[TVS-1.1] a server with another certificate is not told anything', async t => {
  const server = await serve(t)
  const { client } = clientOf(t, { ...server.server.address, trusted: [capf, recorded('mca').certificateDer] })
  await t.rejects(client.verify(capf), { code: 'TVS_UNTRUSTED_SERVER', message: /trust list/ })
  await server.quiet()
  for (const summary of server.summaries) t.strictSame(summary.answers, {})
  const { client: nobody } = clientOf(t, { ...server.server.address, trusted: [] })
  await t.rejects(nobody.verify(capf), { code: 'TVS_UNTRUSTED_SERVER' })
})

t.test('why nobody answers: each failure has its code', async t => {
  const port = await freePort()
  const host = '127.0.0.1'
  await t.rejects(clientOf(t, { host, port }).client.verify(capf), { code: 'TVS_CONNECT_REFUSED', where: `${host}:${port}` })

  const plain = createTcpServer(socket => socket.end('this is no TLS\n')).listen(0, host)
  const mute = createTcpServer(socket => socket.on('error', () => {}).resume()).listen(0, host)
  const rude = createTcpServer(socket => socket.destroy()).listen(0, host)
  for (const server of [plain, mute, rude]) {
    if (!server.listening) await once(server, 'listening')
    t.teardown(() => server.close())
  }
  const at = (server: typeof plain) => ({ host, port: (server.address() as { port: number }).port })
  await t.rejects(clientOf(t, at(plain)).client.verify(capf), { code: 'TVS_TLS_FAILED' })
  await t.rejects(clientOf(t, at(rude)).client.verify(capf), { code: 'TVS_TLS_FAILED' })
  await t.rejects(clientOf(t, { ...at(mute), options: { connectTimeoutMs: 30 } }).client.verify(capf), {
    code: 'TVS_CONNECT_TIMEOUT',
  })

  const silent = await scripted(t, () => {})
  await t.rejects(clientOf(t, { ...silent, options: { replyTimeoutMs: 30 } }).client.verify(capf), { code: 'TVS_REPLY_TIMEOUT' })
  const garbage = await scripted(t, (_, socket) => socket.write('hello'))
  await t.rejects(clientOf(t, garbage).client.verify(capf), { code: 'TVS_BAD_MESSAGE', message: /CODEC_BAD_MAGIC/ })
  const wrong = await scripted(t, ({ sessionId }, socket) => socket.write(encode({ name: 'QUERY_RESPONSE', sessionId, status: 0 })))
  await t.rejects(clientOf(t, wrong).client.verify(capf), { code: 'TVS_BAD_MESSAGE', message: /QUERY_RESPONSE is not the answer/ })
  t.throws(() => new TvsClient({ host, port, trusted: [], options: { replyTimeoutMs: 0 } }), { name: 'OptionError' })
})

t.test('who gives up waiting gets the reason of the signal, and the others their answers', async t => {
  let release = () => {}
  const address = await scripted(t, ({ sessionId }, socket) => {
    const before = release
    release = () => {
      before()
      socket.write(good(sessionId))
    }
  })
  const { client, sockets } = clientOf(t, address)
  const early = new AbortController()
  early.abort(new Error('not at all'))
  await t.rejects(client.verify(capf, early), { message: 'not at all' })
  t.equal(sockets.length, 0, 'who has given up before does not connect')

  const [connecting, waiting] = [new AbortController(), new AbortController()]
  const gaveUpConnecting = t.rejects(client.verify(capf, connecting), { message: 'too slow' })
  connecting.abort(new Error('too slow'))
  await gaveUpConnecting
  const gaveUp = t.rejects(client.verify(capf, waiting), { message: 'later' })
  const patient = client.verify(capf)
  while (sockets[0]!.bytesWritten < 2 * capf.length) await delay(1)
  waiting.abort(new Error('later'))
  await gaveUp
  await delay(1)
  release()
  t.equal((await patient).isValid, true)
  t.equal(sockets.length, 1)
})

t.test('who is disposed of leaves nobody waiting', async t => {
  const address = await scripted(t, () => {})
  const { client, sockets } = clientOf(t, address)
  const waiting = t.rejects(client.verify(capf), { code: 'TVS_HUNG_UP' })
  while (!sockets[0]) await delay(1)
  while (sockets[0]!.bytesWritten < capf.length) await delay(1)
  await client[Symbol.asyncDispose]()
  await waiting
  t.ok(sockets[0]?.destroyed)
})
