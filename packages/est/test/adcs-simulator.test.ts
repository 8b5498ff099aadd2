import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { buildCsr, derToPem, parseCertsOnly, pemToDer } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { readPage } from '../src/adcs/client/page-anchors.ts'
import { type AdcsSimulator, makeWebCertificate } from '../src/adcs/index.ts'
import { negotiateMessage } from '../src/adcs/ntlm/client.ts'
import { authority, csrDer, csrOf, lab, PASSWORD, phoneKey } from './adcs-lab.ts'

type Ask = { path: string; method?: string; body?: string; headers?: Record<string, string>; agent?: Agent }
type Got = { status: number; headers: IncomingHttpHeaders; body: string }

const AUTHORIZATION = `Basic ${Buffer.from(`ciscora:${PASSWORD}`).toString('base64')}`

const asker =
  (simulator: AdcsSimulator) =>
  async ({ path, method = 'GET', body, headers = {}, agent }: Ask): Promise<Got> => {
    const asked = request({
      ...simulator.address,
      path,
      method,
      rejectUnauthorized: false,
      headers: { authorization: AUTHORIZATION, ...headers },
      agent: agent ?? false,
    })
    asked.end(body)
    const [response] = await once(asked, 'response')
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }

const basicLab = async (t: Test, options: Parameters<typeof lab>[1] = {}) => {
  const made = await lab(t, { ...options, options: { basic: true, ...options.options } })
  return { ...made, ask: asker(made.simulator) }
}

const formOf = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const pem = derToPem(csrDer, 'CERTIFICATE REQUEST')
const POST = { path: '/certsrv/certfnsh.asp', method: 'POST' }

// [ADCS-2.1], [ADCS-7.2]
t.test('who says nothing is told how to log in, and the log tells the kind of refusal', async t => {
  const { ask, iisLines, simulator } = await basicLab(t)
  const anonymous = await ask({ path: '/certsrv/', headers: { authorization: 'none' } })
  t.equal(anonymous.status, 401)
  t.equal(anonymous.headers['www-authenticate'], 'Negotiate, NTLM, Basic realm="localhost.test.example"')
  const first = await ask({ path: '/certsrv', headers: { authorization: `NTLM ${negotiateMessage().toString('base64')}` } })
  t.match(first.headers['www-authenticate'], /^NTLM TlRMTVNTUAAC/)
  const elsewhere = Buffer.from('4e544c4d5353500003000000', 'hex').toString('base64')
  await ask({ path: '/certsrv', headers: { authorization: `NTLM ${elsewhere}` } })
  await ask({ path: '/certsrv', headers: { authorization: 'Negotiate YIIB' } })
  await ask({ path: '/certsrv', headers: { authorization: 'Basic Og==' } })
  await ask({ path: '/elsewhere' })
  await ask({ path: '/certsrv/nothing.asp' })
  await ask({ path: '/certsrv/certrqxt.asp', method: 'DELETE' })
  await ask({ path: '/CERTSRV/CertRqxt.asp' })
  t.strictSame(
    iisLines.map(line => line.split(' ').slice(-4, -1).join(' ')),
    [
      '401 2 5',
      '401 1 2148074254',
      '401 1 2148074248',
      '401 1 2148074248',
      '401 1 2148074252',
      '404 0 2',
      '404 0 2',
      '405 0 1',
      '200 0 0',
    ],
  )
  t.match(iisLines.at(-1), /GET \/CERTSRV\/CertRqxt\.asp - \d+ TEST\\ciscora /, 'as it was asked, and who asked')
  t.equal(simulator.report.requests.issued, undefined)
})

t.test('an NTLM message of every length is a refusal, on a connection that goes on', async t => {
  const { ask, iisLines } = await basicLab(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const whole = Buffer.concat([negotiateMessage(), Buffer.alloc(60, 1)])
  for (const type of [1, 3, 9])
    for (let length = 0; length < whole.length; length += 1) {
      const message = Buffer.from(whole.subarray(0, length))
      if (length > 8) message[8] = type
      const { status } = await ask({ path: '/certsrv', agent, headers: { authorization: `NTLM ${message.toString('base64')}` } })
      if (status !== 401) t.equal(status, 401, `type ${type}, ${length} bytes`)
    }
  t.equal((await ask({ path: '/certsrv/', agent })).status, 200)
  t.ok(iisLines.every(line => / (?:401 [12] \d+|200 0 0) \d+$/.test(line)))
})

// [ADCS-4.3]
t.test('a certificate is called one for browsers only, PEM and DER are the same', async t => {
  const { ask } = await basicLab(t)
  const issued = await ask({
    ...POST,
    body: formOf({ Mode: 'newreq', CertRequest: pem, CertAttrib: 'CertificateTemplate:CiscoRA' }),
  })
  t.match(issued.body, 'certnew.cer?ReqID=1&"', 'for scripts')
  t.match(issued.body, 'certnew.cer?ReqID=1&amp;Enc=b64', 'for people')
  const browser = { 'user-agent': 'Mozilla/5.0' }
  const path = '/certsrv/certnew.cer?reqid=1&ENC=b64'
  t.equal((await ask({ path, headers: browser })).headers['content-type'], 'application/pkix-cert')
  t.equal((await ask({ path, headers: { 'user-agent': 'CiscoRA 1.0' } })).headers['content-type'], 'text/html')
  const [der] = pemToDer((await ask({ path })).body)
  const binary = await ask({ path: '/certsrv/certnew.cer?ReqID=1&Enc=bin' })
  t.equal(binary.headers['content-length'], String(der?.length))
  const chain = await ask({ path: '/certsrv/certnew.p7b?ReqID=1&Enc=b64' })
  t.equal(chain.headers['content-type'], 'application/x-pkcs7-certificates')
  t.strictSame(parseCertsOnly(pemToDer(chain.body)[0]!), [der, ...authority.roots])
})

t.test('forms that are none, and requests that hide others', async t => {
  const { ask, simulator } = await basicLab(t, { options: { template: ['CiscoRA', 'Never=deny'] } })
  const submit = async (fields: Record<string, string>) =>
    readPage((await ask({ ...POST, body: formOf({ Mode: 'newreq', ...fields }) })).body)
  const CertAttrib = 'CertificateTemplate:CiscoRA'
  for (const CertRequest of ['', 'nothing', pem.slice(0, 300), 'A'.repeat(1_000), '****'])
    t.match(await submit({ CertRequest, CertAttrib }), { kind: 'failed', hresult: '0x8009310b' })
  // A plus sign that is not percent-encoded is a space in a form.
  let plus = csrDer
  for (let n = 0; !plus.toString('base64').includes('+'); n++) plus = await csrOf(`SEP${n}`)
  t.match(await submit({ CertRequest: plus.toString('base64').replaceAll('+', ' '), CertAttrib }), {
    kind: 'failed',
    hresult: '0x8009310b',
  })
  t.match(await submit({ CertRequest: plus.toString('base64'), CertAttrib }), { kind: 'issued' })
  t.match(await submit({ CertRequest: pem }), { kind: 'denied', hresult: '0x80094801' }, 'no template')
  t.match(await submit({ CertRequest: pem, CertAttrib: 'CertificateTemplate:Other' }), { kind: 'denied', hresult: '0x80094800' })
  const smuggled = 'CertificateTemplate:Never\r\nCertificateTemplate:CiscoRA'
  t.match(
    await submit({ CertRequest: pem, CertAttrib: smuggled }),
    { kind: 'denied', hresult: '0x80094012' },
    'the first one counts',
  )
  const nobody = await buildCsr({ subject: [], keyPair: phoneKey })
  t.match(await submit({ CertRequest: nobody.toString('base64'), CertAttrib }), { kind: 'denied', hresult: '0x80094001' })
  for (const body of ['', '%', '%zz=%', '=&=&', 'Mode', 'a'.repeat(100_000), 'Mode=chkpnd&ReqID=x'])
    t.equal((await ask({ ...POST, body })).status, 200, body.slice(0, 20))
  t.equal((await ask({ ...POST, body: 'x'.repeat(1_048_576) })).status, 413)
  const expecting = await ask({
    ...POST,
    body: formOf({ Mode: 'newreq', CertRequest: pem, CertAttrib }),
    headers: { expect: '100-continue' },
  })
  t.match(readPage(expecting.body), { kind: 'issued' }, 'a client that waits for leave to send')
  for (const id of ['', 'x', '-1', '0', '1e9', '99999999999999999999', '1.5', 'CACert', 'cacert&renewal=7', 'cacert&renewal=x'])
    for (const page of ['certnew.cer', 'certnew.p7b'])
      t.equal((await ask({ path: `/certsrv/${page}?ReqID=${id}` })).status, 200, `${page} ${id}`)
  t.strictSame(simulator.report.requests, { issued: 2, denied: 4 })
})

t.test('bytes that are two requests in one reach no page', async t => {
  const { simulator, iisLines } = await basicLab(t)
  const head = `POST /certsrv/certfnsh.asp HTTP/1.1\r\nHost: a\r\nAuthorization: ${AUTHORIZATION}\r\n`
  const shapes = {
    'a length and chunks': `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /certsrv/ HTTP/1.1\r\nHost: a\r\n\r\n`,
    'two lengths': `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    'a hidden coding': `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    'a coding behind a tab': `${head}Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
    'a bare line feed': `GET /certsrv/ HTTP/1.1\nHost: a\n\n`,
    'a NUL in a header': `${head}X: a\u0000b\r\n\r\n`,
  }
  for (const [what, bytes] of Object.entries(shapes)) {
    const socket = connect({ ...simulator.address, rejectUnauthorized: false })
    socket.write(bytes)
    t.match(await text(socket), /^HTTP\/1\.1 400 /, what)
  }
  t.strictSame(iisLines, [])
})

t.test('a hundred at once, each with a certificate of its own', async t => {
  const { client, simulator } = await lab(t)
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => client.enrol(csrDer, { template: 'CiscoRA' })))
  t.equal(new Set(outcomes.map(outcome => (outcome.status === 'issued' ? outcome.requestId : 0))).size, 100)
  t.strictSame(simulator.report.requests, { issued: 100 })
})

t.test('a certificate that is issued is not lost with the connection', async t => {
  const { client, simulator, iisLines } = await lab(t)
  simulator.setFault('certnew.cer', { kind: 'reset' })
  await t.rejects(client.enrol(csrDer, { template: 'CiscoRA' }), { code: 'ADCS_CONNECTION_LOST' }, 'but asked for twice only')
  t.equal(iisLines.filter(line => line.includes('certnew.cer')).length, 2)
  t.equal(iisLines.filter(line => line.includes('POST')).length, 1)
})

t.test('what is decided is forgotten first, and what waits is not', async t => {
  const { client, simulator } = await lab(t, { options: { maxRequests: 3, template: ['CiscoRA', 'Later=pend'] } })
  for (const template of ['Later', 'CiscoRA', 'Later', 'CiscoRA', 'Later']) await client.enrol(csrDer, { template })
  t.strictSame(
    simulator.pending.map(({ id }) => id),
    [1, 3, 5],
  )
  await t.rejects(client.enrol(csrDer, { template: 'CiscoRA' }), { code: 'ADCS_REQUEST_FAILED', message: /0x800705aa/ })
  await t.rejects(client.poll(2), { code: 'ADCS_REQUEST_UNKNOWN' })
  simulator.deny(1)
  t.match(await client.enrol(csrDer, { template: 'CiscoRA' }), { status: 'issued', requestId: 6 })
})

t.test('draining: the enrolment that runs is finished, and nobody comes in', async t => {
  const entered = Promise.withResolvers<() => void>()
  const { client, simulator } = await lab(t, {
    options: { template: ['Slow=issue/delay:5'], drainTimeoutMs: 5_000 },
    sleep: ms => (ms === 0 ? Promise.resolve() : new Promise(go => entered.resolve(go))),
  })
  const running = client.enrol(csrDer, { template: 'Slow' })
  const go = await entered.promise
  const closed = simulator.close()
  await t.rejects(client.caChain(), { code: /^ADCS_(REFUSED|TLS_FAILED)$/ })
  go()
  // It is issued, and the connection ends with that answer: the certificate is asked for in vain.
  await t.rejects(running, { code: /^ADCS_(REFUSED|TLS_FAILED)$/ })
  t.strictSame(simulator.report.requests, { issued: 1 })
  await closed
})

t.test('a new certificate of the web server is shown, and bound to', async t => {
  const { clientWith, simulator } = await lab(t, { options: { extendedProtection: 'require' } })
  const client = clientWith()
  await client.caChain()
  const renewed = await makeWebCertificate('good', { authority, host: 'localhost', now: () => new Date() })
  simulator.reload(renewed)
  t.equal((await client.caChain()).length, 1)
  t.equal(simulator.webCertificatePem, renewed.certificatePem)
})
