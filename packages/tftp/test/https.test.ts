import { once } from 'node:events'
import { get } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { certificateAndKey, newServiceCertificate } from '@capfkit/pki'
import t from 'tap'
import { needs, run } from './programs.ts'
import { memorySource, Serving } from './serving.ts'

const newCertificate = async (commonName: string) => {
  const { certificateDer, keyPair } = await newServiceCertificate({
    subject: [{ type: 'CN', value: commonName }],
    keySpec: { type: 'ec', curve: 'secp384r1' },
    now: () => new Date(),
  })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}

const source = memorySource({ 'SEP00112233AABB.cnf.xml.sgn': Buffer.from('signed') })
const [first, second] = [await newCertificate('tftp-EC'), await newCertificate('tftp-EC-2')]
const start = (options = {}) => Serving.start({ source, httpsCertificate: first, options: { https: '127.0.0.1:0', ...options } })
const portOf = (serving: Serving) => serving.server.addresses.https!.port

/** The certificate that is shown, and what is answered. */
const fetchOver = async (serving: Serving, path: string) => {
  const request = get({ host: '127.0.0.1', port: portOf(serving), path, rejectUnauthorized: false, agent: false })
  const [response] = await once(request, 'response')
  return { name: response.socket.getPeerCertificate().subject.CN, status: response.statusCode, body: await text(response) }
}

t.test('the same files over TLS, with an EC certificate that curl takes for the one that it is', needs('curl'), async t => {
  await using serving = await start()
  const cwd = t.testdir({ 'ca.pem': first.certificatePem })
  const url = `https://tftp-EC:${portOf(serving)}/SEP00112233AABB.cnf.xml.sgn`
  const { code, said } = await run(
    ['curl', '-sS', '--cacert', 'ca.pem', '--connect-to', `::127.0.0.1:${portOf(serving)}`, url],
    cwd,
  )
  t.strictSame([code, said], [0, 'signed'])
  t.match(await serving.ended(1), [{ transport: 'https', remoteAddress: '127.0.0.1', outcome: 'sent', bytes: 6 }])
})

t.test('another certificate is shown from the next connection on', async t => {
  await using serving = await start()
  t.match(await fetchOver(serving, '/none'), { name: 'tftp-EC', status: 404 })
  serving.server.reload(second)
  t.match(await fetchOver(serving, '/SEP00112233AABB.cnf.xml.sgn'), { name: 'tftp-EC-2', status: 200, body: 'signed' })
})

t.test('HTTPS needs a certificate', async t => {
  await t.rejects(Serving.start({ source, options: { https: '127.0.0.1:0' } }), { code: 'FILES_NO_CERTIFICATE' })
})

t.test('TLS 1.1 is not spoken unless that is asked for', async t => {
  const oldest = {
    host: '127.0.0.1',
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
    ciphers: 'ALL:@SECLEVEL=0',
    rejectUnauthorized: false,
  } as const
  await using modern = await start()
  const refused = connect({ ...oldest, port: portOf(modern) })
  const [error] = await once(refused, 'error')
  t.match(error, { code: /ERR_SSL|ECONNRESET/ })
  await using legacy = await start({ legacyTls: true })
  const taken = connect({ ...oldest, port: portOf(legacy) })
  await once(taken, 'secureConnect')
  t.equal(taken.getProtocol(), 'TLSv1.1')
  taken.destroy()
})

t.test('a handshake that does not go on, and bytes that are no TLS, end without harm', async t => {
  await using serving = await start({ handshakeTimeoutMs: 30 })
  const silent = connectTcp(portOf(serving), '127.0.0.1')
  await once(silent, 'close')
  const garbage = connectTcp(portOf(serving), '127.0.0.1')
  garbage.on('error', () => {})
  garbage.write('GET / HTTP/1.1\r\n\r\n')
  await once(garbage, 'close')
  t.match(await fetchOver(serving, '/none'), { status: 404 })
})
