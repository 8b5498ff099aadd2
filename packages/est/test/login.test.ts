import t from 'tap'
import { Authenticator } from '../src/http-auth/authenticator.ts'
import { parseChallenges, quote } from '../src/http-auth/challenge.ts'
import { digestResponse } from '../src/http-auth/digest.ts'
import { Login } from '../src/http-auth/login.ts'
import { EstClient } from '../src/index.ts'
import { rawRequest } from './raw-client.ts'
import { answering, ca, credentials, makeCa, makeCertificate, request, serve, trust } from './world.ts'

const randomBytes = (size: number) => Buffer.alloc(size, 7)

// RFC 7616 section 3.9.1 and RFC 2617 section 3.5 (Mufasa, Circle of Life).
t.test('Digest as the RFCs have it', async t => {
  const common = { user: 'Mufasa', method: 'GET', uri: '/dir/index.html' }
  const http = { realm: 'http-auth@example.org', password: 'Circle of Life', nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v' }
  const qop = { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' }
  t.equal(digestResponse({ ...common, ...http, qop, algorithm: 'MD5' }), '8ca523f5e9506fed4657c9700eebdbec')
  t.equal(
    digestResponse({ ...common, ...http, qop, algorithm: 'SHA-256' }),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  )
  const old = { realm: 'testrealm@host.com', password: 'Circle Of Life', nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093' }
  t.equal(
    digestResponse({ ...common, ...old, algorithm: undefined, qop: { nc: '00000001', cnonce: '0a4f113b' } }),
    '6629fae49393a05397450978507c4ef1',
  )
  t.equal(digestResponse({ ...common, ...old, algorithm: undefined }), '670fd8c2df070c60b045671b8b24ff02', 'RFC 2069, without qop')
  t.equal(digestResponse({ ...common, ...old, algorithm: 'SHA3-256' }), undefined)
})

t.test('challenges in every form that servers send', async t => {
  const read = (header: string) => parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
  t.strictSame(read('Basic realm="x"'), [['basic', { realm: 'x' }]])
  t.strictSame(read('Negotiate, NTLM, Basic realm="ca.example"'), [
    ['negotiate', {}],
    ['ntlm', {}],
    ['basic', { realm: 'ca.example' }],
  ])
  t.strictSame(read('Digest qop="auth", realm="estrealm", nonce="a, b=c"'), [
    ['digest', { qop: 'auth', realm: 'estrealm', nonce: 'a, b=c' }],
  ])
  t.strictSame(read('Digest  realm = "a\\"b" , nonce=abc, stale=TRUE, Basic realm=plain'), [
    ['digest', { realm: 'a"b', nonce: 'abc', stale: 'TRUE' }],
    ['basic', { realm: 'plain' }],
  ])
  t.strictSame(read('NTLM TlRMTVNTUAACAAAA='), [['ntlm', {}]])
  for (const text of ['', ',', '=', '"', 'Basic realm="', '\u0000', 'a'.repeat(100_000), ', '.repeat(50_000), 'a='.repeat(50_000)])
    t.ok(Array.isArray(parseChallenges(text)), text.slice(0, 10))
  t.equal(parseChallenges(`Basic realm=${quote('a"\\b')}`)[0]?.parameters.get('realm'), 'a"\\b')
})

t.test('the strongest offer is taken, and what cannot be answered is not', async t => {
  const answerTo = (header: string) => {
    const authenticator = new Authenticator(credentials, randomBytes)
    const verdict = authenticator.challenged(header, { sent: undefined, tries: 0 })
    return verdict === 'retry' ? authenticator.headerFor({ method: 'GET', uri: '/' }) : verdict
  }
  t.match(answerTo('Basic realm="x"'), /^Basic /)
  t.match(answerTo('Basic realm="x", Digest realm="x", nonce="n"'), /^Digest .*response="[0-9a-f]{32}"$/)
  t.match(
    answerTo('Digest realm="x", nonce="n", Digest realm="x", nonce="n", algorithm=SHA-256, qop="auth-int,auth"'),
    /algorithm=SHA-256, qop=auth/,
  )
  t.match(answerTo('Digest realm="x", nonce="n", algorithm=MD5-sess, qop="auth"'), /algorithm=MD5-sess/)
  t.match(answerTo('Digest realm="x", nonce="n", algorithm=SHA3-256, Basic realm="x"'), /^Basic /)
  for (const header of ['Negotiate, NTLM', 'Bearer realm="x"', 'Digest realm="x", nonce="n", qop="auth-int"', '', '???'])
    t.equal(answerTo(header), 'unsupported', header)
})

t.test('a user and a password, by Basic and by Digest', async t => {
  for (const httpAuth of ['basic', 'digest'] as const)
    for (const profile of ['rfc8951', 'libest'] as const) {
      const { clientOf, server } = await serve(t, { options: { httpAuth, profile } })
      const client = clientOf()
      for (let round = 0; round < 3; round++) await client.simpleEnroll((await request()).csr)
      t.equal(server.counters.requests.get('simpleenroll 401'), 1, `${httpAuth}, ${profile}: challenged once`)
      for (const [what, wrong] of Object.entries({
        password: { ...credentials, password: 'opensesamE' },
        user: { ...credentials, user: 'nobody' },
        nothing: { user: '', password: '' },
      }))
        await t.rejects(
          clientOf({ credentials: wrong }).simpleEnroll((await request()).csr),
          { code: 'EST_AUTH_FAILED', libest: { number: 22 } },
          what,
        )
      using anonymous = new EstClient({ server: server.address, trust })
      await t.rejects(anonymous.simpleEnroll((await request()).csr), { code: 'EST_AUTH_REQUIRED', status: 401 })
      t.equal((await anonymous.caCerts()).length, 1, 'the certificates of the CA are for everybody')
    }
})

t.test('names and passwords with colons, quotes and letters of other alphabets', async t => {
  const given = { user: 'Jörg 山田 "x" \\', password: 'a:b:"c" \\ ü 🔒' }
  for (const httpAuth of ['basic', 'digest'] as const) {
    const { clientOf } = await serve(t, {
      users: new Map([[given.user, given.password]]),
      options: { httpAuth, realm: 'a "realm"' },
    })
    t.ok(await clientOf({ credentials: given }).simpleEnroll((await request()).csr), httpAuth)
  }
})

t.test('a nonce that is too old is replaced without a word to anybody', async t => {
  let at = new Date('2026-12-01T00:00:00Z').getTime()
  const init = {
    scheme: 'digest',
    algorithms: ['SHA-256', 'MD5'],
    realm: 'r',
    passwordOf: () => 'p',
    now: () => new Date(at),
    randomBytes,
  } as const
  const login = new Login(init)
  const authenticator = new Authenticator({ user: 'u', password: 'p' }, randomBytes)
  const ask = { method: 'POST', uri: '/x' }
  authenticator.challenged(login.challenges().join(', '), { sent: undefined, tries: 0 })
  t.match(login.check(authenticator.headerFor(ask), ask), { ok: true, user: 'u' })
  at += 400_000
  const old = authenticator.headerFor(ask)
  t.match(login.check(old, ask), { ok: false, why: 'stale' })
  t.equal(authenticator.challenged(login.challenges({ stale: true }).join(', '), { sent: old, tries: 1 }), 'retry')
  t.match(login.check(authenticator.headerFor(ask), ask), { ok: true })
  t.match(
    new Login({ ...init, randomBytes: size => Buffer.alloc(size, 8) }).check(authenticator.headerFor(ask), ask),
    { why: 'stale' },
    'one of another server',
  )
  t.match(login.check(authenticator.headerFor(ask), { ...ask, uri: '/y' }), { why: 'refused' }, 'an answer for another path')
  t.match(login.check(authenticator.headerFor(ask), { ...ask, method: 'GET' }), { why: 'refused' })
  t.match(login.check(authenticator.headerFor(ask)?.replace('qop=auth', 'qop=auth-int'), ask), { why: 'refused' })
  t.match(
    login.check(authenticator.headerFor(ask)?.replace('SHA-256', 'SHA-512-256'), ask),
    { why: 'refused' },
    'an algorithm that was not offered',
  )
})

t.test('a server whose nonces are always too old is given up', async t => {
  let challenges = 0
  const { clientOf } = await answering(t, socket => {
    challenges += 1
    socket.end(
      `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="x", nonce="${challenges}", qop="auth", stale=true\r\nContent-Length: 0\r\n\r\n`,
    )
    // A client that never gives up would keep this test for ever.
    if (challenges > 50) socket.destroy()
  })
  await t.rejects(clientOf({ credentials }).caCerts(), { code: 'EST_AUTH_FAILED', status: 401 })
  t.ok(challenges > 2 && challenges < 10, `${challenges} challenges`)
})

t.test('headers that are none', async t => {
  const { server } = await serve(t)
  const long = Buffer.from(`${'u'.repeat(300)}:${credentials.password}`).toString('base64')
  for (const header of [
    'Basic',
    'Basic ',
    'Basic ====',
    'Basic dQ==',
    `Basic ${long}`,
    'Bearer x',
    'Digest username="u"',
    'basic',
  ]) {
    const bytes = `POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\nAuthorization: ${header}\r\nContent-Length: 4\r\n\r\nAAAA`
    const { status, head, body } = await rawRequest(t, { address: server.address, bytes })
    t.equal(status, 401, header)
    t.match(head, /^www-authenticate: Basic realm="estrealm"$/im)
    t.match(head, /^content-length: 0$/im)
    t.equal(body, '', 'a real client dies of a body')
  }
})

t.test('a trusted client certificate is enough, unless everybody has to log in', async t => {
  const certificate = await makeCertificate({ ca, profile: 'lsc', name: 'CN=SEP001122334455', dns: [], ip: [] })
  const { clientOf, seen } = await serve(t, { clientCas: [ca.certificateDer] })
  await clientOf({ certificate }).simpleEnroll((await request()).csr)
  t.notOk(seen.some(({ status }) => status === 401))
  const both = await serve(t, { clientCas: [ca.certificateDer], options: { httpAuthWhen: 'always' } })
  await both.clientOf({ certificate }).simpleEnroll((await request()).csr)
  t.equal(both.server.counters.requests.get('simpleenroll 401'), 1)
  const stranger = await makeCertificate({ ca: await makeCa('CN=other'), profile: 'lsc' })
  const untrusted = await serve(t, { clientCas: [ca.certificateDer] })
  await untrusted.clientOf({ certificate: stranger }).simpleEnroll((await request()).csr)
  t.equal(untrusted.server.counters.requests.get('simpleenroll 401'), 1, 'one that nobody trusts is none')
  const open = await serve(t, { options: { httpAuth: 'off' } })
  await open.clientOf().simpleEnroll((await request()).csr)
  t.equal(open.server.counters.requests.get('simpleenroll 401'), undefined)
})
