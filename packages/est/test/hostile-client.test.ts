import { once } from 'node:events'
import { buildCsr, CSR_ATTRIBUTE_OIDS, generateKeyPair, parseCertsOnly, parseKeySpec, parseName } from '@capfkit/pki'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { answerOf, rawClient, rawRequest } from './raw-client.ts'
import { credentials, request, serve } from './world.ts'

const EC = parseKeySpec('ec:p256')
const keyPair = await generateKeyPair(EC)
const CSR = await buildCsr({ subject: parseName('CN=SEP001122334455'), keyPair })
const TEXT = CSR.toString('base64')
const BASIC = `Authorization: Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
const PATH = '/.well-known/est/simpleenroll'

type Shape = {
  path?: string
  method?: string
  type?: string
  headers?: readonly string[]
  body?: string | Buffer
  login?: string
  length?: string | false
}

/** A request of whatever shape. */
const shaped = ({
  path = PATH,
  method = 'POST',
  type = 'application/pkcs10',
  headers = [],
  body = TEXT,
  login = BASIC,
  length,
}: Shape): Buffer => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1')
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    ...(login === '' ? [] : [login]),
    ...(length === false ? [] : [`Content-Length: ${length ?? bytes.length}`]),
    ...headers,
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

const serving = async (t: Test, init: Parameters<typeof serve>[1] = {}) => {
  const { server, seen, clientOf } = await serve(t, init)
  const ask = (shape: Shape) => rawRequest(t, { address: server.address, bytes: shaped(shape) })
  /** That the server still does its work. */
  const stillServes = async (t: Test) => t.ok(await clientOf().simpleEnroll((await request()).csr), 'it still serves')
  return { server, seen, ask, stillServes }
}

t.test('base64 of a request in every layout', async t => {
  const { ask } = await serving(t)
  const wrapped = (columns: number, end: string) => TEXT.replace(new RegExp(`.{1,${columns}}`, 'g'), `$&${end}`)
  for (const [what, body] of Object.entries({
    'one line': TEXT,
    'libest: 64 columns': wrapped(64, '\n'),
    'CRLF at 76': wrapped(76, '\r\n'),
    'blanks and tabs': wrapped(5, ' \t'),
    PEM: `-----BEGIN CERTIFICATE REQUEST-----\n${wrapped(64, '\n')}-----END CERTIFICATE REQUEST-----\n`,
    'no padding': TEXT.replace(/=+$/, ''),
  })) {
    const { status, body: answer, head } = await ask({ body })
    t.equal(status, 200, what)
    t.notMatch(answer, /\n/, 'one line, as the RFC has it')
    t.equal(parseCertsOnly(Buffer.from(answer, 'base64')).length, 1)
    t.match(head, /^content-length: \d+$/im)
    t.notMatch(head, /^transfer-encoding/im)
    t.match(head, /^content-type: application\/pkcs7-mime; smime-type=certs-only$/im)
    t.match(head, /^content-transfer-encoding: base64$/im)
    t.ok(head.length < 1_000, 'strongSwan looks for headers in the first 1024 bytes')
  }
  t.equal((await ask({ body: CSR })).status, 200, 'DER as it is')
})

t.test('requests that are none: refused with a status, and in words', async t => {
  const { ask, stillServes, seen } = await serving(t)
  const key512 = await generateKeyPair(parseKeySpec('rsa:512'))
  const csrOf = async (subject: string | { type: 'CN'; value: string }[], rest: Partial<Parameters<typeof buildCsr>[0]> = {}) =>
    (await buildCsr({ subject: typeof subject === 'string' ? parseName(subject) : subject, keyPair, ...rest })).toString('base64')
  const badSignature = Buffer.from(CSR)
  badSignature[badSignature.length - 1]! ^= 1
  const password = { oid: CSR_ATTRIBUTE_OIDS.challengePassword, values: [Buffer.from('0500', 'hex')] }
  for (const [what, shape, status, words] of [
    ['another type', { type: 'text/plain' }, 415, /content type/],
    ['no type', { type: '' }, 415, /content type/],
    ['a form, as curl sends it', { type: 'application/x-www-form-urlencoded' }, 415, /content type/],
    ['nothing', { body: '' }, 400, /empty/],
    ['no length', { length: false, body: '' }, 411, /Content-Length/],
    ['chunks', { length: false, headers: ['Transfer-Encoding: chunked'], body: `5\r\nAAAAA\r\n0\r\n\r\n` }, 411, /Content-Length/],
    ['a byte more than 8 KiB', { body: 'A'.repeat(8_193) }, 413, /too large/],
    ['a mebibyte', { body: 'A'.repeat(1_048_576) }, 413, /too large/],
    ['garbage', { body: '*'.repeat(100) }, 400, /not base64/],
    ['8 KiB of base64', { body: 'A'.repeat(8_192) }, 400, /cannot be read/],
    ['base64 of nothing', { body: '====' }, 400, /not base64/],
    ['a bad signature', { body: badSignature.toString('base64') }, 400, /signature/],
    ['half a request', { body: CSR.subarray(0, 100).toString('base64') }, 400, /cannot be read/],
    ['bytes behind it', { body: Buffer.concat([CSR, Buffer.of(0)]).toString('base64') }, 400, /cannot be read/],
    ['RSA-512', { body: await csrOf('CN=SEP001122334455', { keyPair: key512 }) }, 400, /512 bits; 1024 is the least/],
    [
      'a NUL in the subject',
      { body: await csrOf([{ type: 'CN', value: 'SEP001122334455\u0000.evil.example' }]) },
      400,
      /subject has a control character/,
    ],
    [
      'a line end in the subject',
      { body: await csrOf([{ type: 'CN', value: 'SEP\r\n***EST [ERROR][x:1]--> y' }]) },
      400,
      /control character/,
    ],
    ['no subject at all', { body: await csrOf([]) }, 403, /no subject/],
    ['a challengePassword that is no text', { body: await csrOf('CN=a', { attributes: [password] }) }, 400, /cannot be read/],
    ['GET', { method: 'GET', body: '', length: false }, 405, /method/],
    ['PUT', { method: 'PUT' }, 405, /method/],
    ['another path', { path: '/simpleenroll' }, 404, /not recognized/],
    ['a path that climbs', { path: '/.well-known/est/../../etc/passwd' }, 404, /not recognized/],
    ['an absolute URL', { path: 'https://localhost/.well-known/est/simpleenroll' }, 404, /./],
  ] as const satisfies readonly (readonly [string, Shape, number, RegExp])[]) {
    const answer = await ask(shape)
    t.equal(answer.status, status, what)
    t.match(answer.body, words, what)
    if (answer.body !== '') t.match(answer.head, /^content-type: text\/plain$/im)
  }
  t.match((await ask({ method: 'GET', body: '', length: false })).head, /^allow: POST$/im)
  t.equal(seen.filter(({ status }) => status === 200).length, 0, 'nothing was issued')
  await stillServes(t)
})

t.test('as a libest server says it', async t => {
  const { ask } = await serving(t, { options: { profile: 'libest' } })
  for (const [shape, status] of [
    [{ method: 'GET', body: '', length: false }, 400],
    [{ type: 'text/plain' }, 400],
    [{ body: '' }, 400],
  ] as const) {
    const answer = await ask(shape)
    t.equal(answer.status, status)
    t.match(answer.head, new RegExp(`^status: ${status} Bad Request$`, 'im'))
  }
  t.equal((await ask({ body: '*' })).body, 'Error 400: Bad Request\nInvalid or corrupted pkcs10 request. The body is not base64.\n')
  const caCerts = await ask({ path: '/.well-known/est/cacerts', method: 'GET', body: '', length: false })
  t.match(caCerts.head, /^content-type: application\/pkcs7-mime$/im)
  t.ok(
    caCerts.body.endsWith('\n') &&
      caCerts.body
        .trimEnd()
        .split('\n')
        .every(line => line.length <= 64),
  )
})

t.test('line ends for who is libest, none for who is not', async t => {
  const { ask } = await serving(t)
  const linesFor = async (userAgent: string) => (await ask({ headers: [`User-Agent: ${userAgent}`] })).body.split('\n').length
  t.ok((await linesFor('libest 3.2.0p')) > 5)
  t.ok((await linesFor('Cisco EST client 1.0')) > 5, 'CAPF')
  t.equal(await linesFor('curl/7.88.1'), 1)
  t.equal((await ask({})).body.split('\n').length, 1, 'strongSwan says nothing')
  const strongswan = await serving(t, { options: { profile: 'strongswan' } })
  t.equal(
    (await strongswan.ask({ headers: ['User-Agent: libest 3.2.0p'] })).body.split('\n').length,
    1,
    'a profile that looks at nobody',
  )
})

t.test('two requests in the place of one reach nobody', async t => {
  const { ask, stillServes, seen } = await serving(t)
  for (const headers of [
    ['Transfer-Encoding: chunked'],
    ['Content-Length: 5'],
    ['Transfer-Encoding : chunked'],
    ['Transfer-Encoding: xchunked'],
    ['X: a\r\n b'],
    ['X: a\u0000b'],
  ])
    t.match(String((await ask({ headers })).status), /^40[0-9]$|^411$/, JSON.stringify(headers))
  t.match(String((await ask({ length: '-1' })).status), /^400$/)
  t.match(String((await ask({ length: '1e3' })).status), /^400$/)
  t.strictSame(
    seen.filter(({ status }) => status === 200),
    [],
  )
  await stillServes(t)
})

t.test('a body that is refused does not become the next request', async t => {
  const { server } = await serving(t)
  const socket = await rawClient(t, server.address)
  const first = answerOf(socket)
  socket.write(shaped({ body: `GET /.well-known/est/cacerts HTTP/1.1\r\nHost: x\r\n\r\n${'A'.repeat(9_000)}` }))
  t.equal((await first).status, 413)
  const second = answerOf(socket)
  socket.write(shaped({ method: 'GET', path: '/.well-known/est/csrattrs', body: '', length: false, type: '' }))
  t.equal((await second).status, 204, 'the connection goes on where the body ended')
})

t.test('who asks first whether a large body is wanted is told no before it is sent', async t => {
  const { server } = await serving(t)
  const socket = await rawClient(t, server.address)
  const answer = answerOf(socket)
  const ended = once(socket, 'end')
  socket.resume()
  socket.write(shaped({ headers: ['Expect: 100-continue'], body: '', length: '1000000000' }))
  const { status, head } = await answer
  t.equal(status, 413)
  t.match(head, /^connection: close$/im)
  await ended
  const small = await rawClient(t, server.address)
  const allowed = answerOf(small)
  let heard = ''
  small.on('data', chunk => {
    heard += chunk
    if (heard === 'HTTP/1.1 100 Continue\r\n\r\n') small.write(TEXT)
  })
  small.write(shaped({ headers: ['Expect: 100-continue'], body: '', length: String(TEXT.length) }))
  await allowed
  t.match(heard, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
})

t.test('clients that stop in the middle are let go, and the others are served meanwhile', async t => {
  const { server, stillServes } = await serving(t, { options: { requestTimeoutMs: 100, handshakeTimeoutMs: 100 } })
  const whole = shaped({})
  const silent = await Promise.all(
    [0, 1, 20, whole.length - TEXT.length, whole.length - 1].map(async cut => {
      const socket = await rawClient(t, server.address)
      socket.write(whole.subarray(0, cut))
      socket.resume()
      return once(socket, 'close')
    }),
  )
  t.equal(silent.length, 5, 'each connection was closed by the server')
  await stillServes(t)
})

t.test('a client that goes away while the CA is at it costs nothing', async t => {
  const { server, ask, stillServes } = await serving(t)
  for (let round = 0; round < 20; round++) {
    const socket = await rawClient(t, server.address)
    socket.write(shaped({}))
    socket.destroy()
  }
  await stillServes(t)
  t.equal((await ask({})).status, 200)
})

t.test('any request line, header and body: a status, and the server goes on', async t => {
  const { ask, stillServes, seen } = await serving(t)
  const printable = fc.string({ unit: fc.constantFrom(...'aZ09/.%?#&=;,:"\\{}<>~* '), maxLength: 40 })
  const shape = fc.record({
    path: printable.map(text => `/.well-known/est/${text.replaceAll(' ', '')}`),
    type: fc.oneof(
      fc.constant('application/pkcs10'),
      printable.map(text => text.trim()),
    ),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('base64')),
    ),
    login: fc.oneof(
      fc.constant(BASIC),
      printable.map(text => `Authorization: Basic ${text}`),
      fc.constant(''),
    ),
  })
  await fc.assert(
    fc.asyncProperty(shape, async given => {
      const { status } = await ask(given)
      return status >= 400 && status < 500
    }),
    { numRuns: 80 },
  )
  const enrol = fc.asyncProperty(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    async bytes => (await ask({ body: Buffer.from(bytes).toString('base64') })).status === 400,
  )
  await fc.assert(enrol, { numRuns: 40 })
  t.strictSame(
    seen.filter(({ status }) => status >= 500 || status === 200),
    [],
  )
  await stillServes(t)
})
