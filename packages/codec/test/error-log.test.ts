import { formatLibestLine, formatNginxLine, type NginxLine, parseErrorLog, parseNginxLine } from '@capfkit/codec/trace'
import fc from 'fast-check'
import t from 'tap'

/** Lines of a registration authority, as a public troubleshooting document prints them: a template that does not exist. */
const SEEN = `
***EST [INFO][est_enroll_auth:356]--> TLS: no peer certificate
2019/02/27 16:53:28 [warn] 3187#0: *2 ossl_init_cert_store: Adding cert to store (/DC=com/DC=michamen/CN=LAB-DC-RTP) while SSL EST handshaking, client: 14.48.31.128, server: 0.0.0.0:8084
2019/02/27 16:53:28 [info] 3187#0: *2 login_to_certsrv_ca: Secure connection to MS CertServ completed successfully using the following URL https://lab-dc-iis.michamen.com:443/certsrv while SSL EST handshaking, client: 14.48.31.128, server: 0.0.0.0:8084

***EST [WARNING][est_enroll_auth:394]--> HTTP authentication failed. Auth type=1

***EST [INFO][mg_send_http_error:389]--> [Error 401: Unauthorized
The server was unable to authorize the request.
]

***EST [INFO][log_access:1298]--> 14.48.31.128 [27/Feb/2019:16:53:28 -0500] "POST /.well-known/est/simpleenroll HTTP/1.1" 401 0
nginx: [warn] pop_enabled off in nginx.conf. Disabling EST Proof of Possession
EnrollmentService.sh : nginx server PID value = 31070
`

const LOGIN = SEEN.split('\n')[3]!

t.test('an error.log of the product, entry by entry', async t => {
  const entries = parseErrorLog(SEEN)
  t.strictSame(
    entries.map(({ line, kind }) => `${line} ${kind}`),
    ['2 libest', '3 nginx', '4 nginx', '6 libest', '8 libest', '12 libest', '13 nginx', '14 other'],
  )
  t.match(entries[2], {
    level: 'info',
    text: /^login_to_certsrv_ca: .*443\/certsrv$/,
    process: {
      localTimeMs: Date.UTC(2019, 1, 27, 16, 53, 28),
      pid: 3187,
      tid: 0,
      connection: 2,
      context: { action: 'SSL EST handshaking', client: '14.48.31.128', server: '0.0.0.0:8084' },
    },
  })
  t.strictSame(entries[4], {
    line: 8,
    kind: 'libest',
    level: 'INFO',
    by: 'mg_send_http_error',
    sourceLine: 389,
    text: '[Error 401: Unauthorized\nThe server was unable to authorize the request.\n]',
  })
  t.strictSame(entries[6], {
    line: 13,
    kind: 'nginx',
    level: 'warn',
    text: 'pop_enabled off in nginx.conf. Disabling EST Proof of Possession',
  })
})

t.test('lines that were read are written as they stood', async t => {
  for (const line of SEEN.split('\n')) {
    const nginx = parseNginxLine(line)
    if (nginx) t.equal(formatNginxLine(nginx), line)
  }
  for (const entry of parseErrorLog(SEEN))
    if (entry.kind === 'libest') t.ok(SEEN.includes(formatLibestLine(entry).trim()), entry.by)
})

// Measured with nginx 1.22.1.
t.test('a line with everything that nginx knows of a request', async t => {
  const line =
    '2026/11/21 02:12:25 [error] 1842#1842: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: , request: "GET /abc HTTP/1.1", upstream: "http://127.0.0.1:9331/abc", host: "127.0.0.1:9330"'
  const read = parseNginxLine(line)
  t.match(read, {
    level: 'error',
    text: 'connect() failed (111: Connection refused)',
    process: {
      tid: 1842,
      context: {
        action: 'connecting to upstream',
        server: '',
        request: 'GET /abc HTTP/1.1',
        upstream: 'http://127.0.0.1:9331/abc',
        host: '127.0.0.1:9330',
      },
    },
  })
  t.equal(formatNginxLine(read!), line)
})

t.test('what a client sends cannot make a line of its own', async t => {
  const hostile = 'a\n2026/11/21 02:12:25 [error] 1#1: *1 invented'
  const written = formatNginxLine({
    level: 'info',
    text: hostile,
    process: { localTimeMs: 0, pid: 1, tid: 0, context: { request: hostile } },
  })
  t.equal(written.split('\n').length, 1)
  const forged = formatLibestLine({
    level: 'INFO',
    by: 'log_header',
    sourceLine: 1,
    text: '\r\u0000\u2028***EST [ERROR][x:1]--> y',
  })
  t.equal(parseErrorLog(forged).length, 1)
})

t.test('any line is read or is none, in time that grows with its length', async t => {
  const pieces = fc.constantFrom(
    ' while ',
    ', client: ',
    ', server: ',
    ', request: "',
    '"',
    ',',
    ' ',
    'a',
    LOGIN,
    '***EST [',
    ']--> ',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 200 }), fc.boolean(), (parts, asLine) => {
      const text = `${asLine ? LOGIN.slice(0, 44) : ''}${parts.join('')}`
      const read: NginxLine | undefined = parseNginxLine(text)
      return parseErrorLog(text).length >= 0 && (read === undefined || formatNginxLine(read).length > 0)
    }),
  )
  t.equal(parseNginxLine(`${LOGIN}${'a'.repeat(100_000)}`), undefined)
})
