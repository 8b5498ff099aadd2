import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { freePort } from '@capfkit/listen'
import { buildCertsOnly, derToPem } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { ADCS_ERRORS, AdcsClient, type AdcsClientInit, AdcsError } from '../src/adcs/index.ts'
import { authority, csrDer } from './adcs-lab.ts'
import { http, MOVED, type RawAnswer, rawServer } from './adcs-raw-server.ts'

/** What a call comes to: `done`, or the code; anything that is no error of the table fails the test. */
const outcomeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
    return 'done'
  } catch (error) {
    if (!(error instanceof AdcsError) || !(error.code in ADCS_ERRORS)) throw error
    return error.code
  }
}

const PAGE = http('200 OK', '<select id=lbCertTemplateID><option value="E;CiscoRA">x</select>')
/** Login, then a page. */
const afterLogin = (page: RawAnswer) => (_: string, number: number) => (number === 1 ? MOVED : page)
const check = (client: AdcsClient) => outcomeOf(client.checkTemplate('CiscoRA'))

t.test('a server that stops after each byte: closed, or cut without a word', async t => {
  let cut = 0
  let ending: 'end' | 'destroy' = 'end'
  const { client } = await rawServer(t, (_, number) => {
    const before = number === 1 ? 0 : MOVED.length
    const whole = number === 1 ? MOVED : PAGE
    const left = cut - before
    return left >= whole.length ? whole : { bytes: whole.slice(0, left), ending }
  })
  for (ending of ['end', 'destroy'] as const) {
    const seen = new Set<string>()
    for (cut = 0; cut < MOVED.length + PAGE.length; cut++) seen.add(await check(client()))
    t.strictSame(
      [...seen].sort(),
      ['ADCS_CONNECTION_LOST', 'ADCS_SESSION_LOST'].filter(code => seen.has(code)),
      ending,
    )
    t.ok(seen.has('ADCS_CONNECTION_LOST'))
    t.equal(await check(client()), 'done', 'and nothing is missing')
  }
})

/** Lets the time-out come when nothing more comes from the server: as soon as the answer is out. */
t.test('a server that falls silent after each byte', async t => {
  let cut = 0
  let fire = () => {}
  const { client } = await rawServer(t, (_, number) => {
    const whole = number === 1 ? MOVED : PAGE
    const left = cut - (number === 1 ? 0 : MOVED.length)
    if (left < whole.length) setImmediate(() => fire())
    return { bytes: whole.slice(0, left), ending: 'stall' }
  })
  const environment: Partial<AdcsClientInit> = {
    startTimer: callback => {
      fire = callback
      return { [Symbol.dispose]: () => {} }
    },
  }
  for (cut = 0; cut < MOVED.length + PAGE.length; cut += 3)
    t.equal(await check(client({}, environment)), cut < MOVED.length ? 'ADCS_LOGIN_TIMEOUT' : 'ADCS_ANSWER_TIMEOUT', `${cut} bytes`)
})

t.test('answers that are no HTTP, or two answers in one', async t => {
  const shapes: Record<string, string> = {
    'no HTTP': '\u0016\u0003\u0001 what',
    'HTTP of long ago': '<html>no header</html>\r\n\r\n',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'a length and chunks': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a length with a sign': 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na',
    'a chunk that is no number': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n',
    'a NUL in a header': 'HTTP/1.1 200 OK\r\nX: a\u0000b\r\n\r\n',
    'a space before the colon': 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n',
    'long headers': `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
  }
  for (const [what, bytes] of Object.entries(shapes))
    for (const [where, answer] of Object.entries({ login: () => bytes, page: afterLogin(bytes) }))
      t.equal(await check((await rawServer(t, answer)).client()), 'ADCS_BAD_HTTP', `${what}, ${where}`)
})

t.test('pages of every size and coding', async t => {
  const select = '<select id=lbCertTemplateID><option value="E;CiscoRA">x</select>'
  const chunks = (text: string) => text.replace(/.{1,7}/gs, part => `${part.length.toString(16)}\r\n${part}\r\n`)
  const good: Record<string, RawAnswer> = {
    'in chunks': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks(select)}0\r\n\r\n`,
    'until the end of the connection': { bytes: `HTTP/1.0 200 OK\r\n\r\n${select}`, ending: 'end' },
    'another Content-Type': http('200 OK', select, ['Content-Type: application/octet-stream']),
    'in UTF-16': Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-16le\r\nContent-Length: ${select.length * 2}\r\n\r\n`),
      Buffer.from(select, 'utf16le'),
    ]),
    'without a body, so that there is no list': http('200 OK'),
  }
  for (const [what, answer] of Object.entries(good))
    t.equal(await check((await rawServer(t, afterLogin(answer))).client()), 'done', what)
  const megabyte = 'x'.repeat(1_048_576)
  const large: Record<string, RawAnswer> = {
    'with a length': http('200 OK', megabyte),
    'in chunks': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${(1_048_576).toString(16)}\r\n${megabyte}\r\n0\r\n\r\n`,
  }
  for (const [what, answer] of Object.entries(large)) {
    const client = (await rawServer(t, afterLogin(answer))).client()
    await t.rejects(client.checkTemplate('CiscoRA'), { code: 'ADCS_ANSWER_TOO_LARGE', curl: { number: 63 } }, what)
  }
})

t.test('what a status means, at the login and behind it', async t => {
  const cases: [status: string, headers: string[], atLogin: string, behind: string][] = [
    ['401 Unauthorized', ['WWW-Authenticate: Basic realm="x"'], 'ADCS_LOGIN_REJECTED', 'ADCS_LOGIN_LOST'],
    ['401 Unauthorized', ['WWW-Authenticate: NTLM', 'WWW-Authenticate: Negotiate'], 'ADCS_NO_SCHEME', 'ADCS_LOGIN_LOST'],
    ['401 Unauthorized', [], 'ADCS_NO_SCHEME', 'ADCS_LOGIN_LOST'],
    ['403 Forbidden', [], 'ADCS_FORBIDDEN', 'ADCS_FORBIDDEN'],
    ['404 Not Found', [], 'ADCS_NO_CERTSRV', 'ADCS_NO_CERTSRV'],
    ['500 Internal Server Error', [], 'ADCS_HTTP_STATUS', 'ADCS_HTTP_STATUS'],
    ['302 Found', ['Location: https://elsewhere.example/login'], 'ADCS_REDIRECTED', 'ADCS_REDIRECTED'],
    ['302 Found', ['Location: http://['], 'ADCS_REDIRECTED', 'ADCS_REDIRECTED'],
    ['302 Found', [], 'ADCS_REDIRECTED', 'ADCS_REDIRECTED'],
    ['301 Moved Permanently', ['Location: https://LOCALHOST/CertSrv/'], 'done', 'ADCS_REDIRECTED'],
  ]
  for (const [status, headers, atLogin, behind] of cases) {
    const bytes = http(status, '', headers)
    const login = await rawServer(t, (_, number) => (number === 1 ? bytes : PAGE))
    t.equal(await check(login.client()), atLogin, `${status} ${headers} at the login`)
    t.equal(await check((await rawServer(t, afterLogin(bytes))).client()), behind, `${status} ${headers} behind it`)
  }
})

t.test('NTLM needs a challenge that can be read, and its connection', async t => {
  const challenge = (token: string, more: string[] = []) =>
    http('401 Unauthorized', '', [`WWW-Authenticate: NTLM ${token}`, ...more])
  const outcome = async (answer: (request: string, number: number) => RawAnswer) =>
    check((await rawServer(t, answer, { client: { authentication: 'ntlm' } })).client())
  const message = Buffer.from(
    'TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=',
    'base64',
  )
  t.equal(
    await outcome((_, number) => (number === 1 ? challenge(message.toString('base64')) : MOVED)),
    'ADCS_REDIRECTED',
    'a login that is good, and then no page',
  )
  const refused = new Set<string>()
  for (let length = 1; length < message.length; length++)
    refused.add(
      await outcome((_, number) =>
        number === 1 ? challenge(message.subarray(0, length).toString('base64')) : http('403 Forbidden'),
      ),
    )
  t.strictSame([...refused], ['ADCS_NTLM_MALFORMED'], 'of every length')
  t.equal(await outcome(() => challenge('*** no base64 ***')), 'ADCS_NTLM_MALFORMED')
  const closing = challenge(message.toString('base64'), ['Connection: close'])
  t.equal(await outcome(() => ({ bytes: closing, ending: 'end' })), 'ADCS_SESSION_LOST', 'a proxy that closes after each answer')
})

t.test('certificates and chains that are none', async t => {
  const chain = async (body: string | Buffer) => {
    const headers = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
    const bytes = Buffer.concat([Buffer.from(headers), Buffer.from(body)])
    const { client } = await rawServer(t, (_, number) =>
      number === 1 ? MOVED : number === 2 ? http('200 OK', 'var nRenewals=3;') : bytes,
    )
    return outcomeOf(client().caChain())
  }
  const pkcs7 = buildCertsOnly(authority.roots)
  t.equal(await chain(pkcs7), 'done')
  t.equal(await chain(derToPem(pkcs7, 'PKCS7').replaceAll('\n', '\r\n')), 'done', 'as PEM')
  t.equal(await chain(pkcs7.toString('base64')), 'done', 'as bare base64')
  const bad = {
    empty: '',
    page: '<html>sorry</html>',
    'no certificate': buildCertsOnly([]),
    cut: pkcs7.subarray(0, 100),
    garbage: buildCertsOnly([Buffer.from('3003020101', 'hex')]),
  }
  for (const [what, body] of Object.entries(bad)) t.equal(await chain(body), 'ADCS_NO_CERTIFICATE', what)

  const issued = http('200 OK', 'location="certnew.cer?ReqID=5&"')
  const enrol = async (body: string) => {
    const { client } = await rawServer(t, (request, number) =>
      number === 1 ? MOVED : request.startsWith('POST') ? issued : request.includes('certrqxt') ? PAGE : http('200 OK', body),
    )
    return outcomeOf(client().enrol(csrDer, { template: 'CiscoRA' }))
  }
  t.equal(await enrol(derToPem(authority.roots[0]!)), 'ADCS_WRONG_CERTIFICATE', 'that of the CA')
  t.equal(await enrol('-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n'), 'ADCS_NO_CERTIFICATE')
  t.equal(await enrol('-----BEGIN CERTIFICATE-----\r\n***\r\n-----END CERTIFICATE-----\r\n'), 'ADCS_NO_CERTIFICATE')
  t.equal(await enrol('0'), 'ADCS_NO_CERTIFICATE', 'the first byte of DER')
  t.equal(await enrol('<html>come back later</html>'), 'ADCS_NO_CERTIFICATE', 'issued, and then no certificate')
})

const tcpServer = async (t: Test, serve: (socket: Socket) => void) => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return (options: AdcsClientInit['options'] = {}) =>
    new AdcsClient({ trusted: authority.roots, options: { server: `127.0.0.1:${port}`, ...options } })
}

t.test('addresses where no CA is', async t => {
  const port = await freePort()
  const nobody = new AdcsClient({ trusted: [], options: { server: `127.0.0.1:${port}` } })
  await t.rejects(nobody.caChain(), {
    code: 'ADCS_REFUSED',
    curl: { number: 7, words: /^Failed to connect to 127\.0\.0\.1 port \d+ after \d+ ms/ },
  })
  const plain = await tcpServer(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await t.rejects(plain().caChain(), { code: 'ADCS_TLS_FAILED', curl: { number: 35 } }, 'plain HTTP')
  const closing = await tcpServer(t, socket => socket.end())
  await t.rejects(closing().caChain(), { code: 'ADCS_TLS_FAILED', curl: { number: 35 } }, 'closed at once')
  const resetting = await tcpServer(t, socket => socket.resetAndDestroy())
  await t.rejects(resetting().caChain(), { code: 'ADCS_TLS_FAILED', curl: { number: 35 } }, 'reset at once')
  const silent = await tcpServer(t, () => {})
  await t.rejects(
    silent({ timeoutMs: 50 }).caChain(),
    { code: 'ADCS_TLS_TIMEOUT', curl: { number: 28, words: /0 bytes received$/ } },
    'silent',
  )
})

t.test('a server that wants a client certificate says so in the first answer', async t => {
  const wanting = (tls: object) => rawServer(t, () => MOVED, { tls: { requestCert: true, rejectUnauthorized: true, ...tls } })
  await t.rejects((await wanting({ minVersion: 'TLSv1.3' })).client().caChain(), {
    code: /^ADCS_(TLS_CLIENT_CERTIFICATE|CONNECTION_LOST)$/,
  })
  await t.rejects((await wanting({ maxVersion: 'TLSv1.2' })).client().caChain(), { code: /^ADCS_/ })
})
