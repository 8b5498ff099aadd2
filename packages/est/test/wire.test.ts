import fc from 'fast-check'
import t from 'tap'
import { LIBEST_ERRORS, LIBEST_RELEASES, libestError } from '../src/index.ts'
import { BASE64_LAYOUTS, type Base64Layout, decodeBase64, encodeBase64 } from '../src/wire/base64.ts'
import { isMediaType, parseMediaType } from '../src/wire/media-type.ts'
import { readMultipart, writeMultipart } from '../src/wire/multipart.ts'
import { OPERATIONS, type OperationName } from '../src/wire/operations.ts'
import { formatPath, isLabel, parsePath } from '../src/wire/path.ts'
import { parseRetryAfter } from '../src/wire/retry-after.ts'

const DER = Buffer.from('30820004deadbeef', 'hex')
const layouts = Object.keys(BASE64_LAYOUTS) as Base64Layout[]

t.test('base64 in every layout that is written comes back, and in others, too', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }).map(Buffer.from), fc.constantFrom(...layouts), (bytes, layout) => {
      const text = encodeBase64(bytes, layout)
      const ragged = text.replace(/(.{7})/g, '$1 \t\r\n')
      return [text, ragged, text.replace(/=+/, ''), `\n${text}\n\n`].every(body => decodeBase64(Buffer.from(body))?.equals(bytes))
    }),
  )
  const long = Buffer.alloc(200, 1)
  t.strictSame(encodeBase64(long, 'oneLine').split('\n').length, 1)
  const lines = encodeBase64(long, 'lines64').split('\n')
  t.equal(lines.pop(), '', 'a line feed at the end')
  t.ok(lines.slice(0, -1).every(line => line.length === 64))
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\r\n${long.toString('base64')}\r\n-----END CERTIFICATE REQUEST-----\r\n`
  t.strictSame(decodeBase64(Buffer.from(pem)), long, 'PEM')
  t.strictSame(decodeBase64(DER), DER, 'no base64 at all')
})

t.test('garbage is not base64', async t => {
  const bad = [
    '',
    ' \n',
    'A',
    'AAAAA',
    'AA=A',
    'A===',
    'AAA=AAAA',
    'AAA*',
    'AA-_',
    'QUJD\u0000',
    'ÄÖ',
    '<html>',
    '-----BEGIN X-----',
  ]
  for (const body of bad) t.equal(decodeBase64(Buffer.from(body)), undefined, JSON.stringify(body))
})

t.test('a path says operation and label, wherever the client puts the label', async t => {
  for (const operation of Object.keys(OPERATIONS) as OperationName[]) {
    t.strictSame(parsePath(formatPath(operation)), { operation })
    t.strictSame(parsePath(formatPath(operation, 'lab-1')), { operation, label: 'lab-1' })
    t.strictSame(parsePath(`/lab-1${formatPath(operation)}`), { operation, label: 'lab-1' }, 'as strongSwan has it')
  }
  t.equal(formatPath('cacerts'), '/.well-known/est/cacerts')
  t.notOk(isLabel('cacerts'), 'the name of an operation is no label')
  const bad = [
    ...['/', '', '/.well-known/est/', '/.well-known/est', '/.well-known/est/enroll', '/.well-known/est/CACERTS'],
    ...['/.well-known/est/a/b/cacerts', '/.well-known/est/cacerts/cacerts', '/.well-known/est/../cacerts/..'],
    ...['/a/.well-known/est/b/cacerts', '/.well-known/est/%2e/cacerts', `/.well-known/est/${'a'.repeat(129)}/cacerts`],
    ...['/.well-known/est//cacerts', '/.well-known/est/cacerts/', '/.well-known/est/toString'],
  ]
  for (const path of bad) t.equal(parsePath(path), undefined, path)
})

t.test('media types are compared without parameters and case', async t => {
  const certsOnly = OPERATIONS.cacerts.answer
  for (const text of [
    certsOnly,
    'application/pkcs7-mime',
    'Application/PKCS7-MIME;smime-type=other',
    ' application/pkcs7-mime ; a="b;c"',
  ])
    t.ok(isMediaType(text, certsOnly), text)
  for (const text of [undefined, '', 'text/html', 'application/pkcs7', 'application', '/', 'application/pkcs7-mimetype'])
    t.notOk(isMediaType(text, certsOnly), String(text))
  t.equal(parseMediaType('multipart/mixed; boundary="a \\"b\\""')?.parameters.get('boundary'), 'a "b"')
})

t.test('parts of a body', async t => {
  const parts = [
    { headers: { 'Content-Type': 'application/pkcs8' }, body: 'AAAA\nBBBB\n' },
    { headers: { 'Content-Type': 'text/plain', 'X-Long': 'a' }, body: '' },
  ]
  const body = writeMultipart('est-server-boundary', parts)
  const read = (text: string, type = 'multipart/mixed; boundary=est-server-boundary') => readMultipart(type, Buffer.from(text))
  t.strictSame(
    read(body)?.map(part => [part.headers.get('content-type'), part.body.toString()]),
    [
      ['application/pkcs8', 'AAAA\nBBBB\n'],
      ['text/plain', ''],
    ],
  )
  t.equal(read(`a preamble\r\n${body}an epilogue`)?.length, 2)
  t.equal(read(body.replaceAll('\r\n', '\n'))?.length, 2, 'bare line feeds')
  t.equal(
    read(body.replace('application/pkcs8', 'application/pkcs8;\r\n charset=x'))?.[0]?.headers.get('content-type'),
    'application/pkcs8; charset=x',
  )
  for (const [what, text, type] of [
    ['no end', body.slice(0, -10)],
    ['no boundary', body, 'multipart/mixed'],
    ['an empty boundary', body, 'multipart/mixed; boundary=""'],
    ['another boundary', body, 'multipart/mixed; boundary=x'],
    ['no headers', '--est-server-boundary\r\nAAAA\r\n--est-server-boundary--'],
    ['nothing', ''],
    ['a hundred parts', `${'--est-server-boundary\r\n\r\n\r\n'.repeat(100)}--est-server-boundary--`],
  ] as const)
    t.equal(read(text, type), undefined, what)
})

t.test('Retry-After in both forms', async t => {
  const now = new Date('2026-11-21T02:00:00Z')
  for (const [text, ms] of [
    ['3600', 3_600_000],
    ['0', 0],
    [' 7 ', 7_000],
    ['Sat, 21 Nov 2026 02:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 02:00:30 GMT', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['99999999999', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)
    t.equal(parseRetryAfter(text, now), ms, String(text))
})

t.test('what libest calls its errors, by number and release', async t => {
  const NUMBERS = {
    NONE: 0,
    BAD_PKCS10: 9,
    HTTP_WRITE: 10,
    HTTP_UNSUPPORTED: 11,
    BAD_CONTENT_TYPE: 19,
    AUTH_FAIL: 22,
    CA_ENROLL_RETRY: 26,
  }
  const more = { SSL_READ: 35, SSL_CONNECT: 38, IP_GETADDR: 42, IP_CONNECT: 43, NO_CERTIFICATE: 51, FQDN_MISMATCH: 53, SYSCALL: 54 }
  for (const [name, number] of Object.entries({ ...NUMBERS, ...more }))
    for (const release of ['2.1', '3.2.0'] as const)
      t.strictSame(libestError(name as keyof typeof NUMBERS, release), { number, name: `EST_ERR_${name}` }, `${name} in ${release}`)
  t.equal(LIBEST_ERRORS.length, 55)
  t.strictSame(
    Object.entries(LIBEST_RELEASES).map(([release, names]) => [release, names.length - 1]),
    [
      ['2.1', 73],
      ['3.2.0', 94],
    ],
    'the last one is the unknown one',
  )
  t.equal(libestError('CSR_ALREADY_SIGNED', '2.1').number, 55)
  t.equal(libestError('CSR_ALREADY_SIGNED', '3.2.0').number, 57)
  t.equal(libestError('VALIDATION', '3.2.0').number, 90)
  t.strictSame(libestError('BAD_KEY', '2.1'), { number: 73, name: 'EST_ERR_UNKNOWN' }, 'one that the release does not have')
})
