import { buildCertsOnly } from '@capfkit/pki'
import fc from 'fast-check'
import t from 'tap'
import { EstError } from '../src/index.ts'
import { answering, ca, makeCertificate, okAnswer as ok, request } from './world.ts'

const { keyPair, csr } = await request()
const own = await makeCertificate({ ca, keyPair, name: 'CN=SEP001122334455', profile: 'lsc' })
const stranger = await makeCertificate({ ca, name: 'CN=stranger' })
const PKCS7 = buildCertsOnly([own.certificateDer])
const TEXT = PKCS7.toString('base64')
const wrapped = (columns: number, end: string) => TEXT.replace(new RegExp(`.{1,${columns}}`, 'g'), `$&${end}`)

t.test('what real servers send, byte for byte in their form', async t => {
  const forms = {
    'libest: Status header, no keep-alive, 64 columns': `HTTP/1.1 200 OK\r\nStatus: 200 OK\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only\r\nContent-Transfer-Encoding: base64\r\nContent-Length: ${wrapped(64, '\n').length}\r\n\r\n${wrapped(64, '\n')}`,
    'libest: bare type': ok(wrapped(64, '\n'), 'Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64'),
    'CRLF at 76 columns': ok(wrapped(76, '\r\n')),
    'one line': ok(TEXT),
    'one character a line, blanks and tabs': ok(wrapped(1, ' \t\r\n')),
    'no padding': ok(TEXT.replace(/=+$/, '')),
    PEM: ok(`-----BEGIN PKCS7-----\n${wrapped(64, '\n')}-----END PKCS7-----\n`),
    'DER as it is': ok(PKCS7.toString('latin1')),
    'type in capitals, with a parameter that nobody knows': ok(TEXT, 'content-type: APPLICATION/PKCS7-MIME; charset=utf-8'),
    'in chunks': `HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nTransfer-Encoding: chunked\r\n\r\n${TEXT.length.toString(16)}\r\n${TEXT}\r\n0\r\n\r\n`,
    'until the connection ends': `HTTP/1.0 200 OK\r\nContent-Type: application/pkcs7-mime\r\n\r\n${TEXT}`,
  }
  for (const [what, answer] of Object.entries(forms)) {
    const { clientOf } = await answering(t, answer)
    t.strictSame((await clientOf().simpleEnroll(csr)).certificateDer, own.certificateDer, what)
  }
})

t.test('a libest server that is not content: 401, then another connection; 202 without a length; 204', async t => {
  const challenge =
    'HTTP/1.1 401 Unauthorized\r\nStatus: 401 Unauthorized\r\nWWW-Authenticate: Digest qop="auth", realm="estrealm", nonce="59d2f1"\r\nContent-Length: 0\r\n\r\n'
  const seen: string[] = []
  const { clientOf, sockets } = await answering(t, (socket, text) => {
    seen.push(text)
    socket.end(/^authorization: Digest /im.test(text) ? ok(wrapped(64, '\n')) : challenge)
  })
  t.ok(await clientOf({ credentials: { user: 'estuser', password: 'estpwd' } }).simpleEnroll(csr))
  t.equal(sockets.size, 2, 'it closes after each answer')
  t.match(
    seen[1],
    /username="estuser", realm="estrealm", nonce="59d2f1", uri="\/\.well-known\/est\/simpleenroll", qop=auth, nc=0000000[12], cnonce="/,
  )
  t.notMatch(seen.join(''), /estpwd/)

  const pending = await answering(
    t,
    socket => void socket.write('HTTP/1.1 202 Accepted\r\nStatus: 202 Accepted\r\nRetry-After: 3600\r\n\r\n'),
  )
  await t.rejects(pending.clientOf().simpleEnroll(csr), { code: 'EST_PENDING', retryAfterMs: 3_600_000, libest: { number: 26 } })

  const none = await answering(t, 'HTTP/1.1 204 No Content\r\n\r\n')
  t.equal(await none.clientOf().csrAttrs(), undefined)
  const missing = await answering(t, 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found')
  t.equal(await missing.clientOf().csrAttrs(), undefined)
  const mismatch = await answering(t, 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')
  await t.rejects(mismatch.clientOf().simpleEnroll(csr), { code: 'EST_AUTH_FAILED' }, 'no challenge: proof of possession')
})

t.test('what the requests of this client look like', async t => {
  const seen: string[] = []
  const { clientOf, address } = await answering(t, (socket, text) => {
    seen.push(text)
    socket.end(ok(TEXT))
  })
  await clientOf().simpleEnroll(csr)
  const [head = '', body = ''] = seen[0]!.split('\r\n\r\n')
  t.match(head, /^POST \/\.well-known\/est\/simpleenroll HTTP\/1\.1\r\n/)
  t.match(head, new RegExp(`^host: ${address.host}:${address.port}$`, 'im'))
  t.match(head, /^content-type: application\/pkcs10$/im)
  t.match(head, /^content-transfer-encoding: base64$/im)
  t.notMatch(head, /^(?:transfer-encoding|authorization):/im)
  t.ok(
    body.endsWith('\n') &&
      body
        .trimEnd()
        .split('\n')
        .every(line => line.length <= 64),
    'lines: a libest server reads nothing else',
  )
})

t.test('each status has a code, and the words of the server are told', async t => {
  const page = 'Error 400: Bad Request\nInvalid or corrupted pkcs10 request.\n\u001b[31m'
  for (const [status, code, libest] of [
    [201, 'EST_UNEXPECTED_STATUS', 11],
    [204, 'EST_UNEXPECTED_STATUS', 11],
    [400, 'EST_BAD_REQUEST', 13],
    [403, 'EST_REFUSED', 11],
    [404, 'EST_NOT_FOUND', 14],
    [405, 'EST_BAD_REQUEST', 13],
    [411, 'EST_BAD_REQUEST', 13],
    [413, 'EST_REQUEST_TOO_LARGE', 11],
    [415, 'EST_BAD_REQUEST', 13],
    [423, 'EST_LOCKED', 16],
    [429, 'EST_RATE_LIMITED', 11],
    [500, 'EST_SERVER_FAILED', 73],
    [502, 'EST_SERVER_FAILED', 73],
    [504, 'EST_SERVER_FAILED', 73],
    [599, 'EST_SERVER_FAILED', 73],
  ] as const) {
    const { clientOf } = await answering(
      t,
      `HTTP/1.1 ${status} X\r\nContent-Length: ${status === 204 ? 0 : page.length}\r\n\r\n${status === 204 ? '' : page}`,
    )
    await t.rejects(clientOf().simpleEnroll(csr), { code, status, libest: { number: libest } }, String(status))
  }
  const { clientOf } = await answering(t, `HTTP/1.1 400 Bad\r\nContent-Length: ${page.length}\r\n\r\n${page}`)
  await t.rejects(clientOf().simpleEnroll(csr), {
    message: /\[400 Error 400: Bad Request Invalid or corrupted pkcs10 request\. \[31m\]/,
  })
  const html = await answering(t, 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>')
  await t.rejects(html.clientOf().simpleEnroll(csr), { message: /\[400 Bad Request\]/ }, 'a page for browsers is not')
})

t.test('bodies that hold no certificate for this request', async t => {
  const many = buildCertsOnly(Array.from({ length: 65 }, () => own.certificateDer)).toString('base64')
  for (const [what, answer, code] of [
    ['another type', ok(TEXT, 'Content-Type: text/html'), 'EST_BAD_CONTENT_TYPE'],
    ['no type', ok(TEXT, 'X: y'), 'EST_BAD_CONTENT_TYPE'],
    ['nothing', ok(''), 'EST_BAD_BASE64'],
    ['no base64', ok('{"error":"no"}'), 'EST_BAD_BASE64'],
    ['base64 with a hole', ok(`${TEXT.slice(0, 9)}*${TEXT.slice(10)}`), 'EST_BAD_BASE64'],
    ['base64 with a NUL', ok(`${TEXT}\u0000`), 'EST_BAD_BASE64'],
    ['half of it', ok(TEXT.slice(0, 400)), 'EST_BAD_ANSWER'],
    ['base64 of something else', ok(Buffer.from('hello').toString('base64')), 'EST_BAD_ANSWER'],
    ['a bare certificate', ok(own.certificateDer.toString('base64')), 'EST_NO_CERTIFICATE'],
    ['PKCS#7 without certificates', ok(buildCertsOnly([]).toString('base64')), 'EST_NO_CERTIFICATE'],
    ['PKCS#7 with what is no certificate', ok(buildCertsOnly([Buffer.from('300100', 'hex')]).toString('base64')), 'EST_BAD_ANSWER'],
    [
      'PKCS#7 with the wrong certificate',
      ok(buildCertsOnly([stranger.certificateDer]).toString('base64')),
      'EST_WRONG_CERTIFICATE',
    ],
    [
      'PKCS#7 with two wrong ones',
      ok(buildCertsOnly([stranger.certificateDer, ca.certificateDer]).toString('base64')),
      'EST_WRONG_CERTIFICATE',
    ],
    ['sixty-five certificates', ok(many), 'EST_NO_CERTIFICATE'],
  ] as const) {
    const { clientOf } = await answering(t, answer)
    await t.rejects(clientOf().simpleEnroll(csr), { name: 'EstError', code }, what)
  }
  const two = await answering(t, ok(buildCertsOnly([stranger.certificateDer, own.certificateDer]).toString('base64')))
  t.strictSame((await two.clientOf().simpleEnroll(csr)).certificateDer, own.certificateDer, 'two, one of them right')
})

t.test('CSR attributes and server-made keys that are none', async t => {
  for (const body of ['AAAA', 'MAMCAQE=', 'MIIBAA==', ''])
    await t.rejects(
      (await answering(t, ok(body, 'Content-Type: application/csrattrs'))).clientOf().csrAttrs(),
      { code: /^EST_BAD_(?:ANSWER|BASE64)$/ },
      body,
    )
  const type = 'Content-Type: multipart/mixed; boundary=b'
  const key = keyPair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
  const part = (contentType: string, body: string) => `--b\r\nContent-Type: ${contentType}\r\n\r\n${body}\r\n`
  const certs = part('application/pkcs7-mime; smime-type=certs-only', TEXT)
  const good = await answering(t, ok(`${part('application/pkcs8', key)}${certs}--b--`, type))
  t.strictSame((await good.clientOf().serverKeyGen(csr)).certificateDer, own.certificateDer)
  const encrypted = await answering(
    t,
    ok(`${part('application/pkcs7-mime; smime-type=server-generated-key', 'MAA=')}${certs}--b--`, type),
  )
  t.match(await encrypted.clientOf().serverKeyGen(csr), { encryptedKeyDer: Buffer.from('3000', 'hex'), privateKeyDer: undefined })
  for (const [what, body] of Object.entries({
    'one part': `${certs}--b--`,
    'no end': `${part('application/pkcs8', key)}${certs}`,
    'a key that is none': `${part('application/pkcs8', 'MAA=')}${certs}--b--`,
    'no base64': `${part('application/pkcs8', '*')}${certs}--b--`,
    'a key for another certificate': `${part('application/pkcs8', stranger.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'))}${certs}--b--`,
  }))
    await t.rejects((await answering(t, ok(body, type))).clientOf().serverKeyGen(csr), { name: 'EstError', code: /^EST_/ }, what)
})

t.test('a server that stops after each byte of its answer: an error each time, never a wait', async t => {
  const answer = ok(wrapped(64, '\r\n'))
  let cut = 0
  const { clientOf } = await answering(t, socket => void socket.end(answer.slice(0, cut), 'latin1'))
  const client = clientOf()
  // Each byte of the head, and then some of the body.
  const head = answer.indexOf('\r\n\r\n') + 4
  const cuts = [...Array.from({ length: head + 2 }, (_, at) => at), ...[head + 64, head + 65, head + 66, answer.length - 1]]
  const codes = new Map<string, number>()
  for (cut of cuts) {
    const error = await client.simpleEnroll(csr).then(
      () => undefined,
      (cause: unknown) => cause,
    )
    if (!(error instanceof EstError)) return t.fail(`${cut} bytes: ${error}`)
    codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
  }
  t.strictSame([...codes.keys()].sort(), ['EST_NO_ANSWER', 'EST_TRUNCATED'])
  cut = answer.length
  t.ok(await client.simpleEnroll(csr), 'all of it is the certificate')
})

t.test('an answer in single bytes is an answer', async t => {
  const answer = ok(TEXT)
  const { clientOf } = await answering(t, async socket => {
    for (const byte of answer) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
  })
  t.strictSame((await clientOf().simpleEnroll(csr)).certificateDer, own.certificateDer)
})

t.test('any bytes as a body: an EstError or a certificate for the key', async t => {
  let body = ''
  const { clientOf } = await answering(t, socket => void socket.end(ok(body)))
  const client = clientOf()
  const edits = fc.array(fc.tuple(fc.nat({ max: PKCS7.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(edits, async edits => {
      const copy = Buffer.from(PKCS7)
      for (const [at, byte] of edits) copy[at] = byte
      body = copy.toString('base64')
      const result = await client.simpleEnroll(csr).catch((error: unknown) => error)
      return result instanceof EstError || !(result instanceof Error)
    }),
    { numRuns: 150 },
  )
})
