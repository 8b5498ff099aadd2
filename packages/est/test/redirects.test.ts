import { buildCertsOnly } from '@capfkit/pki'
import t from 'tap'
import { sameOrigin } from '../src/client/redirect.ts'
import { EstClient } from '../src/index.ts'
import { answering, ca, makeCertificate, okAnswer as ok, request } from './world.ts'

const { keyPair, csr } = await request()
const own = await makeCertificate({ ca, keyPair, name: 'CN=SEP001122334455', profile: 'lsc' })
const TEXT = buildCertsOnly([own.certificateDer]).toString('base64')

t.test('redirects: on the same server by themselves, elsewhere only when somebody agrees', async t => {
  const elsewhere: string[] = []
  const other = await answering(t, (socket, text) => {
    elsewhere.push(text)
    socket.end(ok(TEXT))
  })
  const there = `https://127.0.0.1:${other.address.port}/est/simpleenroll`
  const to = (location: string, status = 307) => `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`
  const seen: string[] = []
  const here = await answering(t, (socket, text) => {
    seen.push(text.split('\r\n', 1)[0]!)
    socket.end(text.includes('/moved ') ? ok(TEXT) : to('/moved', 301))
  })
  t.ok(await here.clientOf().simpleEnroll(csr))
  t.strictSame(seen, ['POST /.well-known/est/simpleenroll HTTP/1.1', 'POST /moved HTTP/1.1'], 'with the same method')

  const away = await answering(t, to(there))
  await t.rejects(away.clientOf().simpleEnroll(csr), { code: 'EST_REDIRECT_REFUSED', detail: there.slice('https://'.length) })
  t.strictSame(elsewhere, [], 'nothing was sent there')
  const asked: unknown[] = []
  const allowRedirect = (target: unknown) => asked.push(target) > 0
  t.ok(await away.clientOf({ allowRedirect }).simpleEnroll(csr))
  t.strictSame(asked, [{ host: '127.0.0.1', port: other.address.port, path: '/est/simpleenroll' }])
  t.equal((await away.clientOf().caCerts()).length, 1, 'what changes nothing may go without asking')

  for (const [what, location, status] of [
    ['no TLS', 'http://127.0.0.1/', 307],
    ['a user', 'https://user@127.0.0.1/', 307],
    ['no place', ' ', 307],
    ['something else', 'javascript:1', 307],
    ['no URL', 'https://[', 307],
    ['See Other', '/moved', 303],
    ['Not Modified', '/moved', 304],
  ] as const) {
    const { clientOf } = await answering(t, to(location, status))
    await t.rejects(clientOf({ allowRedirect: () => true }).simpleEnroll(csr), { code: 'EST_REDIRECT_REFUSED' }, what)
  }
  const endless = await answering(t, to('/again'))
  await t.rejects(endless.clientOf().simpleEnroll(csr), { code: 'EST_REDIRECT_REFUSED' }, 'for ever')
})

t.test('the same server by another spelling of its name is the same server', t => {
  const [port, other] = [8084, 8443]
  t.ok(sameOrigin({ host: 'RA.Lab', port }, { host: 'ra.lab', port }))
  t.ok(sameOrigin({ host: '0:0::1', port }, { host: '::1', port }))
  t.ok(sameOrigin({ host: '127.0.0.1', port }, { host: '127.0.0.1', port }))
  t.notOk(sameOrigin({ host: 'ra.lab', port }, { host: 'ra.lab', port: other }))
  t.notOk(sameOrigin({ host: 'ra.lab', port }, { host: 'ra.lab.example', port }))
  t.end()
})

t.test('a redirect to the name in small letters is followed, as one on the same server', async t => {
  const credentials = { user: 'u', password: 'p' }
  const here = await answering(t, (socket, text) => {
    const isMoved = text.includes('/moved ')
    const to = `https://localhost:${here.address.port}/moved`
    socket.end(isMoved ? ok(TEXT) : `HTTP/1.1 307 Moved\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`)
  })
  const client = here.clientOf({ credentials, server: { host: 'LocalHost', port: here.address.port } })
  t.ok(await client.simpleEnroll(csr))
})

t.test('a password goes to nobody who was not asked for: no other origin, no connection that is not trusted', async t => {
  const credentials = { user: 'u', password: 'p' }
  const challenge = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
  const other: string[] = []
  const thief = await answering(t, (socket, text) => {
    other.push(text)
    socket.end(challenge)
  })
  const { clientOf } = await answering(
    t,
    `HTTP/1.1 307 X\r\nLocation: https://127.0.0.1:${thief.address.port}/\r\nContent-Length: 0\r\n\r\n`,
  )
  await t.rejects(clientOf({ credentials }).caCerts(), { code: 'EST_AUTH_REQUIRED' })
  await t.rejects(clientOf({ credentials, allowRedirect: () => true }).simpleEnroll(csr), { code: 'EST_AUTH_REQUIRED' })
  t.ok(other.length > 0)
  t.notMatch(other.join(''), /^authorization:/im)
  const bootstrap = EstClient.bootstrap({ server: thief.address, credentials }, { fingerprint: '00' })
  await t.rejects(bootstrap, { code: 'EST_AUTH_REQUIRED' })
  t.notMatch(other.join(''), /^authorization:/im)
})
