import { connect } from 'node:net'
import { encode } from '@capfkit/codec/tvs'
import { formatListName, parseCertificate } from '@capfkit/pki'
import t from 'tap'
import { capf } from './certificates.ts'
import { ask, RawClient, type Serving, serve, valid } from './serving.ts'

/** Another client is answered while all that goes on. */
const othersAreServed = async (t: Parameters<typeof serve>[0], server: Serving) => {
  const client = await server.client()
  client.send(ask(77))
  t.strictSame(await client.answers(1), [valid(77)], 'others are served')
  client.socket.end()
  await client.closed
}

t.test('one byte at a time is slow, and answered', async t => {
  const server = await serve(t)
  const client = await server.client()
  for (const byte of ask(1)) {
    client.send(Buffer.of(byte))
    // Each byte is a TLS record of its own.
    await new Promise(setImmediate)
  }
  t.strictSame(await client.answers(1), [valid(1)])
})

t.test('who says nothing, or never comes to the end of a request, is ended, however it drips', async t => {
  const server = await serve(t, { options: { idleTimeoutMs: 300 } })
  const [silent, stalled, dripping] = [await server.client(), await server.client(), await server.client()]
  stalled.send(ask(1).subarray(0, 200))
  let sent = 0
  const drip = setInterval(() => dripping.send(ask(1).subarray(sent, ++sent)), 20)
  await Promise.all([silent, stalled, dripping].map(({ closed }) => closed))
  clearInterval(drip)
  t.ok(sent < ask(1).length)
  await server.quiet()
  t.equal(server.summaries.length, 3)
  for (const summary of server.summaries) t.match(summary, { detail: 'no request for 300 ms', answers: {} })
})

t.test('whoever asks again in time stays', async t => {
  const server = await serve(t, { options: { idleTimeoutMs: 1_000 } })
  const client = await server.client()
  const startedMs = performance.now()
  for (let id = 1; performance.now() - startedMs < 1_500; id++) {
    client.send(ask(id))
    await client.answers(id)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  t.equal(client.messages.at(-1)?.name, 'VERIFY_RESPONSE')
  t.equal(server.summaries.length, 0)
})

t.test('what is no request ends the connection, with the reason in the log and nothing on the wire', async t => {
  const server = await serve(t, { options: { maxFrameBytes: 4096 } })
  const long = encode({ name: 'VERIFY_REQUEST', sessionId: 1, certificateDer: Buffer.alloc(5000) })
  const version2 = ask(1)
  version2[1] = 2
  const lying = ask(1)
  lying.writeUInt16BE(lying.readUInt16BE(8) - 1, 8)
  const cases: [what: string, bytes: Buffer, detail: RegExp][] = [
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /CODEC_BAD_MAGIC/],
    ['CAPF', Buffer.from('550f00000001000401000100', 'hex'), /CODEC_BAD_MAGIC/],
    ['another version', version2, /CODEC_UNKNOWN_VERSION/],
    ['a command that there is not', Buffer.from('57010900000000010000', 'hex'), /CODEC_UNKNOWN_COMMAND/],
    ['a header that announces too much', long.subarray(0, 10), /CODEC_FRAME_TOO_LONG/],
    ['a length that lies', Buffer.concat([lying, lying]), /CODEC_TRUNCATED/],
    ['no certificate', Buffer.from('57010100000000010000', 'hex'), /CODEC_MISSING_ELEMENT/],
    ['an answer', encode(valid(1)), /VERIFY_RESPONSE is not for a server/],
  ]
  for (const [what, bytes, detail] of cases) {
    const client = await server.client()
    client.send(bytes)
    await client.closed
    t.strictSame(client.records, [], what)
    await server.quiet()
    t.match(server.summaries.at(-1)?.detail, detail, what)
  }
  await othersAreServed(t, server)
})

t.test('the requests before an answer from the client are answered', async t => {
  const server = await serve(t)
  const client = await server.client()
  client.send(Buffer.concat([ask(1), encode(valid(2)), ask(3)]))
  await client.closed
  t.strictSame(client.messages, [valid(1)])
})

t.test('after as many requests as one connection may have it is closed, the last answer included', async t => {
  const server = await serve(t, { options: { maxRequests: 3 } })
  const together = await server.client()
  together.send(Buffer.concat([1, 2, 3, 4, 5].map(id => ask(id))))
  await together.closed
  t.strictSame(together.messages, [valid(1), valid(2), valid(3)])
  const apart = await server.client()
  for (let id = 1; id <= 3; id++) {
    apart.send(ask(id))
    await apart.answers(id)
  }
  await apart.closed
  t.strictSame(apart.messages, [valid(1), valid(2), valid(3)])
  await server.quiet()
  for (const { detail } of server.summaries) t.match(detail, 'as many requests as one connection may have')
})

t.test('small questions with large answers from somebody who reads none of them do not fill the memory', async t => {
  const server = await serve(t, { options: { maxRequests: 1_000_000, idleTimeoutMs: 500 } })
  const client = await server.client()
  client.socket.pause()
  const subject = formatListName(parseCertificate(capf).subject)
  const questions = Buffer.concat(
    Array.from({ length: 500 }, (_, sessionId) => encode({ name: 'QUERY_REQUEST', sessionId, subject })),
  )
  for (let turn = 0; turn < 200; turn++) {
    if (client.socket.writableLength < 4 * questions.length) client.socket.write(questions)
    await new Promise(setImmediate)
  }
  await othersAreServed(t, server)
  t.ok(client.socket.writableLength > 0, 'the server has stopped to read')
  await server.quiet()
  t.match(
    server.summaries.find(({ detail }) => detail !== undefined),
    { detail: 'no request for 500 ms' },
  )
})

t.test('a connection that ends inside a request is told apart from one that ends after it', async t => {
  const server = await serve(t)
  const cut = await server.client()
  cut.send(ask(1).subarray(0, 50))
  cut.socket.end()
  await cut.closed
  await server.quiet()
  t.match(server.summaries.at(-1), { detail: 'the client closed the connection inside a frame' })
  const gone = await server.client()
  gone.send(ask(1))
  await gone.answers(1)
  gone.socket.destroy()
  await server.quiet()
  t.equal(server.summaries.length, 2)
  t.equal(server.summaries[1]?.detail, undefined)
})

t.test('what is no TLS, and connections above the limit, never become a session', async t => {
  const server = await serve(t, { options: { maxConnectionsPerAddress: 2, handshakeTimeoutMs: 200 } })
  const { port } = server.server.address
  const plain = () => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.resume()
    return { socket, closed: new Promise<void>(resolve => socket.once('close', () => resolve())) }
  }
  const silent = [plain(), plain()]
  await Promise.all(silent.map(({ socket }) => new Promise(resolve => socket.once('connect', resolve))))
  while (server.server.connections < 2) await new Promise(setImmediate)
  await t.rejects(RawClient.connect(port))
  await Promise.all(silent.map(({ closed }) => closed))
  await server.quiet()
  const http = plain()
  http.socket.write('GET / HTTP/1.1\r\n\r\n')
  await http.closed
  await server.quiet()
  t.strictSame(server.server.counters.counts.rejected, { 'too-many-from-address': 1, tls: 3 })
  t.equal(server.summaries.length, 0)
  await othersAreServed(t, server)
})
