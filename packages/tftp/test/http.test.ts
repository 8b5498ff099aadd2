import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { memorySource, Serving } from './serving.ts'

const XML = Buffer.from('<device/>\n')
const never = () => new Promise<undefined>(() => {})
const source = memorySource({
  'SEP00112233AABB.cnf.xml': XML,
  'folder/żółw 1.bin': Buffer.from([0, 1, 2]),
  empty: Buffer.alloc(0),
  large: Buffer.alloc(20_000_000),
  never,
  broken: () => Promise.reject(new Error('/secret/path')),
})
const start = (options?: Parameters<typeof Serving.start>[0]['options']) =>
  Serving.start({ source, ...(options ? { options } : {}) })

/** Bytes to the server, and everything that comes back until it closes. */
const raw = async (port: number, bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes, 'latin1')
  return text(socket).catch(() => '')
}

t.test('GET gives the file with its length, type, tag and date', async t => {
  await using serving = await start()
  const response = await fetch(`${serving.httpUrl}/SEP00112233AABB.cnf.xml?whatever=1`)
  t.equal(response.status, 200)
  t.match(Object.fromEntries(response.headers), {
    'content-length': '10',
    'content-type': 'text/xml; charset=utf-8',
    etag: '"10"',
    'last-modified': 'Sat, 21 Nov 2026 10:00:00 GMT',
  })
  t.equal(await response.text(), String(XML))
  const other = await fetch(`${serving.httpUrl}/folder/${encodeURIComponent('żółw 1.bin')}`)
  t.equal(other.headers.get('content-type'), 'application/octet-stream')
  t.strictSame([...new Uint8Array(await other.arrayBuffer())], [0, 1, 2])
  t.equal((await fetch(`${serving.httpUrl}/empty`)).headers.get('content-length'), '0')
  t.match(await serving.ended(3), [
    { transport: 'http', file: '/SEP00112233AABB.cnf.xml?whatever=1', outcome: 'sent', bytes: 10 },
    {},
    {},
  ])
})

t.test('HEAD says the same without the bytes', async t => {
  await using serving = await start()
  const response = await fetch(`${serving.httpUrl}/large`, { method: 'HEAD' })
  t.strictSame([response.status, response.headers.get('content-length'), await response.text()], [200, '20000000', ''])
  t.match(await serving.ended(1), [{ outcome: 'sent', bytes: 0 }])
})

t.test('who has the file already gets 304: by tag, by date, a tag being the better word', async t => {
  await using serving = await start()
  const status = async (headers: Record<string, string>) =>
    (await fetch(`${serving.httpUrl}/SEP00112233AABB.cnf.xml`, { headers })).status
  const [same, later, before] = ['Sat, 21 Nov 2026 10:00:00 GMT', 'Sun, 22 Nov 2026 10:00:00 GMT', 'Fri, 20 Nov 2026 10:00:00 GMT']
  const cases: [Record<string, string>, number][] = [
    [{ 'if-none-match': '"10"' }, 304],
    [{ 'if-none-match': 'W/"10"' }, 304],
    [{ 'if-none-match': '"9", "10"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"9"' }, 200],
    [{ 'if-none-match': '10' }, 200],
    [{ 'if-modified-since': same }, 304],
    [{ 'if-modified-since': later }, 304],
    [{ 'if-modified-since': before }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-none-match': '"9"', 'if-modified-since': later }, 200],
  ]
  for (const [headers, expected] of cases) t.equal(await status(headers), expected, JSON.stringify(headers))
})

t.test('everything else is refused with its status, and every answer has its length', async t => {
  await using serving = await start()
  const port = serving.server.addresses.http.port
  const cases: [request: string, status: number][] = [
    ['GET /none', 404],
    ['GET /', 400],
    ['GET /../etc/passwd', 400],
    ['GET /%2e%2e/etc/passwd', 400],
    ['GET /folder/%2e%2e/%2e%2e/etc/passwd', 400],
    ['GET /..%2fetc%2fpasswd', 400],
    ['GET /%252e%252e/x', 404],
    ['GET //etc/passwd', 400],
    ['GET /C:/windows', 400],
    ['GET /..%5c..%5cx', 400],
    ['GET /a%00b', 400],
    ['GET /a%0ab', 400],
    ['GET /%ff', 400],
    ['GET /%', 400],
    ['GET /.git/config', 400],
    [`GET /${'x'.repeat(300)}`, 400],
    ['GET http://127.0.0.1/SEP00112233AABB.cnf.xml', 400],
    ['POST /SEP00112233AABB.cnf.xml', 405],
    ['DELETE /SEP00112233AABB.cnf.xml', 405],
    ['OPTIONS *', 405],
    ['GET /broken', 500],
  ]
  for (const [request, status] of cases) {
    const answer = await raw(port, `${request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), request)
    const [head, body] = answer.split('\r\n\r\n')
    t.match(head, new RegExp(`content-length: ${body?.length}\\b`, 'i'), request)
    t.notMatch(answer, 'secret')
  }
  const served = await serving.ended(cases.length)
  t.match(served.at(-1), { outcome: 'failed', detail: '/secret/path' }, 'the operator hears why')
})

t.test('a method that is not allowed closes the connection, whatever body it announced', async t => {
  await using serving = await start()
  const answer = await raw(serving.server.addresses.http.port, 'PUT /x HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nabc')
  t.match(answer, /^HTTP\/1\.1 405 /)
  t.match(answer, /allow: GET, HEAD/i)
})

t.test('bytes that are no HTTP, too many headers, and requests that do not end', async t => {
  await using serving = await start({ requestTimeoutMs: 50, idleTimeoutMs: 60_000 })
  const { port } = serving.server.addresses.http
  t.match(await raw(port, '\x16\x03\x01\x02\x00\x01'), /^HTTP\/1\.1 400 /, 'a TLS hello')
  t.match(await raw(port, `GET /x HTTP/1.1\r\nx: ${'y'.repeat(10_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
  t.match(await raw(port, 'GET /x HTTP/1.1\r\nx: '), /^HTTP\/1\.1 408 /, 'a header that never ends')
  t.match(await serving.ended(3), Array(3).fill({ transport: 'http', outcome: 'refused' }))
})

t.test('a connection that says nothing, or takes nothing, is closed', async t => {
  await using serving = await start({ idleTimeoutMs: 50 })
  const { port } = serving.server.addresses.http
  t.equal(await raw(port, ''), '')
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
  t.match(await serving.ended(1), [{ file: '/large', outcome: 'gave-up', bytes: 0 }])
  socket.destroy()
})

t.test('a client that takes its time over a file is cut off in the end', async t => {
  await using serving = await start({ transferTimeoutMs: 50 })
  const socket = connect(serving.server.addresses.http.port, '127.0.0.1')
  socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
  t.match(await serving.ended(1), [{ file: '/large', outcome: 'gave-up' }])
  socket.destroy()
})

t.test('a file that does not come in time is 503, and its maker hears that nobody waits', async t => {
  let signal: AbortSignal | undefined
  const slow = {
    get: (_name: string, request: { signal: AbortSignal }) => {
      signal = request.signal
      return never()
    },
  }
  await using serving = await Serving.start({ source: slow, options: { sourceTimeoutMs: 20 } })
  const response = await fetch(`${serving.httpUrl}/x`)
  t.strictSame([response.status, response.headers.get('retry-after'), signal?.aborted], [503, '5', true])
})

t.test('a client that goes away takes its request with it', async t => {
  const gone = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const slow = {
    get: (_name: string, { signal }: { signal: AbortSignal }) => {
      asked.resolve()
      signal.addEventListener('abort', () => gone.resolve())
      return never()
    },
  }
  await using serving = await Serving.start({ source: slow })
  const socket = connect(serving.server.addresses.http.port, '127.0.0.1')
  socket.write('GET /x HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked.promise
  socket.destroy()
  await gone.promise
  t.match(await serving.ended(1), [{ outcome: 'gave-up' }])
})

t.test('more connections than are allowed are closed', async t => {
  for (const limit of ['maxConnections', 'maxConnectionsPerAddress']) {
    await using serving = await start({ [limit]: 1 })
    const { port } = serving.server.addresses.http
    const first: Socket = connect(port, '127.0.0.1')
    await once(first, 'connect')
    t.equal(await raw(port, 'GET /empty HTTP/1.1\r\nhost: x\r\n\r\n'), '', limit)
    t.match(await serving.ended(1), [{ outcome: 'busy' }])
    t.equal(serving.server.report().connections, 1)
    first.destroy()
  }
})

t.test('closing lets an answer end, closes idle connections, and cuts what does not end', async t => {
  const started = Promise.withResolvers<void>()
  const hanging = Promise.withResolvers<void>()
  const release = Promise.withResolvers<Buffer>()
  const slow = memorySource({
    slow: () => {
      started.resolve()
      return release.promise
    },
    never: () => {
      hanging.resolve()
      return never()
    },
  })
  await using serving = await Serving.start({ source: slow, options: { drainTimeoutMs: 60_000 } })
  await fetch(`${serving.httpUrl}/none`)
  const running = fetch(`${serving.httpUrl}/slow`)
  await started.promise
  const closed = serving.server.close()
  release.resolve(Buffer.from('done'))
  const response = await running
  t.strictSame([response.headers.get('connection'), await response.text()], ['close', 'done'])
  await closed
  await t.rejects(fetch(`${serving.httpUrl}/slow`), 'nobody listens any more')

  await using hasty = await Serving.start({ source: slow, options: { drainTimeoutMs: 20 } })
  const cut = fetch(`${hasty.httpUrl}/never`)
  cut.catch(() => {})
  await hanging.promise
  await hasty.server.close()
  await t.rejects(cut)
  t.match(await hasty.ended(1), [{ outcome: 'stopped' }])
})
