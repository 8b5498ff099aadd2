import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TlsOptions, connect as tlsConnect } from 'node:tls'
import { type HttpLimits, HttpListener, type HttpRejected } from '@capfkit/listen'
import t, { type Test } from 'tap'

const LIMITS: HttpLimits = {
  maxConnections: 10,
  maxConnectionsPerAddress: 10,
  handshakeTimeoutMs: 5_000,
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
}

const pem = readFileSync(new URL('../../../test-vectors/pem/tvs.pem', import.meta.url))
const TLS = { cert: pem, key: pem }

const listening = async (t: Test, { tls, ...limits }: Partial<HttpLimits> & { tls?: TlsOptions } = {}) => {
  const rejected: HttpRejected[] = []
  const asked: string[] = []
  /** Answers that a test gives when it likes, by path. */
  const held = new Map<string, () => void>()
  const listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: { ...LIMITS, ...limits },
    ...(tls ? { tls } : {}),
    maxHeaderBytes: 1_024,
    onRejected: what => rejected.push(what),
    answer: (request, response) => {
      asked.push(`${request.method} ${request.url}`)
      const end = () => response.writeHead(200, { 'content-length': 2 }).end('ok')
      if (request.url === '/') end()
      else held.set(request.url!, end)
    },
  })
  const { port } = await listener.listen()
  t.teardown(() => listener.close(0))
  const open = async (): Promise<Socket> => {
    const to = { port, host: '127.0.0.1' }
    const socket = tls ? tlsConnect({ ...to, rejectUnauthorized: false }) : connect(to)
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    await once(socket, tls ? 'secureConnect' : 'connect')
    return socket
  }
  /** Everything that is answered to these bytes until the end. */
  const answerTo = async (bytes: string) => {
    const socket = await open()
    socket.write(bytes)
    return text(socket)
  }
  return { listener, rejected, asked, held, open, answerTo }
}

const DAY_MS = 86_400_000
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n'

t.test('a request with two names of the server is refused, and so is all that follows it', async t => {
  const { answerTo, asked, rejected } = await listening(t)
  for (const second of ['b', 'a']) {
    const answer = await answerTo(`${GET}host: ${second}\r\n\r\n${GET}\r\n`)
    t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
    t.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
  }
  t.strictSame(asked, [])
  t.match(rejected, [
    { why: 'bad-request', status: 400, detail: 'several Host headers' },
    { why: 'bad-request', status: 400 },
  ])
})

t.test('whatever is refused before anybody is asked has a length, and is the last on its connection', async t => {
  const { answerTo, asked, rejected } = await listening(t)
  for (const [bytes, status] of [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    [`${GET}Expect: 200-maybe\r\n\r\n`, 417],
  ] as const) {
    const answer = await answerTo(`${bytes}${GET}\r\n`)
    t.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer)
    t.match(answer, /\r\ncontent-length: 0\r\n/)
    t.notMatch(answer, /transfer-encoding/i)
    t.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
  }
  t.strictSame(asked, [])
  t.match(rejected, [
    { why: 'bad-request', status: 400, detail: 'no Host header' },
    { why: 'bad-request', status: 417, detail: 'Expect: 200-maybe' },
  ])
  t.match(await answerTo('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK/, 'HTTP/1.0 has no Host')
})

t.test('a request is answered, and the connection stays for the next one', async t => {
  const { answerTo, asked } = await listening(t)
  const answer = await answerTo(`${GET}\r\n${GET}Connection: close\r\n\r\n`)
  t.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
  t.strictSame(
    asked,
    ['GET / HTTP/1.1', 'GET / HTTP/1.1'].map(line => line.slice(0, 5)),
  )
})

t.test('bytes that are no request, or two requests in one, reach nobody', async t => {
  const { answerTo, asked, rejected } = await listening(t)
  const shapes = {
    'no HTTP': '\u0016\u0003\u0001\u0002\u0000',
    'a length and chunks': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'two lengths': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'a length with a sign': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na',
    'a folded header': `${GET}X: a\r\n b\r\n\r\n`,
    'a space before the colon': `${GET}X : a\r\n\r\n`,
    'a bare line feed': 'GET / HTTP/1.1\nHost: a\n\n',
    'no host': 'GET / HTTP/1.1\r\n\r\n',
    'a NUL': `${GET}X: a\u0000b\r\n\r\n`,
  }
  for (const [what, bytes] of Object.entries(shapes)) t.match(await answerTo(bytes), /^HTTP\/1\.1 400 Bad Request\r\n/, what)
  t.match(await answerTo(`${GET}X: ${'a'.repeat(2_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /, 'long headers')
  t.strictSame(asked, [])
  t.ok(rejected.every(({ why }) => why === 'bad-request'))
  t.equal(rejected.at(-1)?.status, 431)
})

t.test('who sends nothing, or stops in the middle, is told so after its time and let go', async t => {
  const { answerTo } = await listening(t, { requestTimeoutMs: 50 })
  t.match(await answerTo('GET / HT'), /^HTTP\/1\.1 408 /)
})

t.test('more connections than there may be are cut', async t => {
  const { open, rejected, listener } = await listening(t, { maxConnectionsPerAddress: 2 })
  await open()
  await open()
  const third = await open()
  await once(third, 'close')
  t.match(rejected, [{ why: 'too-many-from-address', remoteAddress: '127.0.0.1', detail: 'limit of 2' }])
  t.equal(listener.connections, 2)
})

t.test('draining: the answer that is under way comes, with the word that it is the last', async t => {
  const { listener, open, held } = await listening(t)
  const [stuck, waiting, idle] = [await open(), await open(), await open()]
  stuck.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n')
  waiting.write('GET /later HTTP/1.1\r\nHost: a\r\n\r\n')
  idle.write(`${GET}\r\n`)
  await once(idle, 'data')
  while (held.size < 2) await new Promise(setImmediate)
  const closed = listener.close(50)
  held.get('/later')?.()
  t.match(await text(waiting), /^HTTP\/1\.1 200 OK\r\nconnection: close\r\n/i)
  await closed
  for (const [who, socket] of Object.entries({ stuck, idle }))
    t.equal((await text(socket)).replace(/^HTTP.*ok$/s, ''), '', `${who} is cut`)
})

t.test('draining does not wait for who has never asked anything, in the clear or by TLS', async t => {
  for (const given of [{}, { tls: TLS }]) {
    const { listener, open } = await listening(t, { ...given, idleTimeoutMs: DAY_MS, requestTimeoutMs: DAY_MS })
    const [silent, asking] = [await open(), await open()]
    asking.write(`${GET}\r\n`)
    t.match(String(await once(asking, 'data')), /^HTTP\/1\.1 200 /)
    silent.resume()
    const closed = once(silent, 'close')
    await listener.close(DAY_MS)
    await closed
    t.equal(listener.connections, 0)
  }
})
