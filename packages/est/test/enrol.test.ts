import { createPrivateKey, hash } from 'node:crypto'
import {
  buildCertsOnly,
  CSR_ATTRIBUTE_OIDS,
  formatName,
  generateKeyPair,
  parseCertificate,
  parseCsr,
  parseKeySpec,
  parseName,
  publicKeyDerOf,
  templateAttribute,
} from '@capfkit/pki'
import t from 'tap'
import { type Authority, EstClient, embeddedAuthority, signedCsr, trustAnchors } from '../src/index.ts'
import { raCertificate } from './ra-certificate.ts'
import { ca, credentials, makeCa, makeCertificate, now, onRequests, request, scripted, serve } from './world.ts'

const subjectOf = (der: Buffer) => formatName(parseCertificate(der).subject)

t.test('a certificate for the key and the names of the request, by its CA', async t => {
  const { clientOf, seen, server } = await serve(t)
  const { csr, keyPair } = await request('CN=SEP001122334455,O=Example', { subjectAltName: { dns: ['phone.example'] } })
  const { certificateDer, others, bodyBytes } = await clientOf().simpleEnroll(csr)
  const { publicKeyDer, issuer, extensions } = parseCertificate(certificateDer)
  t.equal(subjectOf(certificateDer), 'CN=SEP001122334455,O=Example')
  t.strictSame(publicKeyDer, keyPair.publicKeyDer)
  t.equal(formatName(issuer), subjectOf(ca.certificateDer))
  t.match(extensions, { subjectAltName: { dns: ['phone.example'] }, keyUsage: ['digitalSignature', 'keyAgreement'] })
  t.strictSame(others, [], 'RFC 7030 section 4.2.3: nothing but the certificate')
  t.equal(bodyBytes, Math.ceil(buildCertsOnly([certificateDer]).length / 3) * 4)
  t.match(seen, [
    { operation: 'simpleenroll', status: 401, why: 'login' },
    { operation: 'simpleenroll', status: 200, user: credentials.user, subject: 'CN=SEP001122334455,O=Example' },
  ])
  t.equal(server.pending, 0, 'nothing is kept')
})

t.test('the certificates of the CA, and those above it', async t => {
  const root = await makeCa('CN=TEST Root')
  const { clientOf } = await serve(t, { authority: embeddedAuthority({ ca, chain: [root.certificateDer], now }) })
  t.strictSame(await clientOf().caCerts(), [ca.certificateDer, root.certificateDer])
})

t.test('what requests should have: nothing, the old form, the new form', async t => {
  const none = await serve(t)
  t.equal(await none.clientOf().csrAttrs(), undefined)
  t.match(none.seen, [{ status: 204, bytes: 0 }])

  const oids = ['1.3.6.1.1.1.1.22', '1.3.132.0.34']
  const old = await serve(t, { authority: embeddedAuthority({ ca, now, csrAttrs: { oids, attributes: [] } }) })
  t.match(await old.clientOf().csrAttrs(), {
    attrs: { oids },
    wishes: { form: 'attributes', key: { type: 'ec', curve: '1.3.132.0.34' } },
  })

  const wishes = { challengePassword: false, key: { type: 'rsa', bits: 3072 }, extensions: [], subject: [{ type: 'CN' }] } as const
  const attrs = { oids: [], attributes: [templateAttribute(wishes)] }
  const template = await serve(t, { authority: embeddedAuthority({ ca, now, csrAttrs: attrs }) })
  t.strictSame((await template.clientOf().csrAttrs())?.wishes, { form: 'template', ...wishes })

  const demanding = await serve(t, { options: { proofOfPossession: 'required' } })
  t.strictSame((await demanding.clientOf().csrAttrs())?.attrs, { oids: [CSR_ATTRIBUTE_OIDS.challengePassword], attributes: [] })
})

t.test('a renewal, by the certificate that is renewed, with the same key or another', async t => {
  const { clientOf, seen } = await serve(t, { clientCas: [ca.certificateDer] })
  const { csr, keyPair } = await request('CN=SEP001122334455,O=Example')
  const first = await clientOf().simpleEnroll(csr)
  const certificate = { certificateDer: first.certificateDer, ...pemOf(first.certificateDer, keyPair.privateKey) }
  const client = clientOf({ certificate })
  const renewed = await client.simpleReenroll(csr)
  t.strictSame(parseCertificate(renewed.certificateDer).publicKeyDer, keyPair.publicKeyDer)
  t.notSame(renewed.certificateDer, first.certificateDer)
  const rekeyed = await client.simpleReenroll((await request('CN=SEP001122334455,O=Example')).csr)
  t.notSame(parseCertificate(rekeyed.certificateDer).publicKeyDer, keyPair.publicKeyDer)
  t.ok(
    seen.slice(2).every(({ status, user }) => status === 200 && user === undefined),
    'nobody logged in over HTTP',
  )

  const other = { code: 'EST_REFUSED', status: 403, detail: /must have the subject and the alternative names/ }
  await t.rejects(client.simpleReenroll((await request('CN=SEP001122334455')).csr), other, 'another subject')
  const names = await request('CN=SEP001122334455,O=Example', { subjectAltName: { dns: ['phone.example'] } })
  await t.rejects(client.simpleReenroll(names.csr), other, 'other names')
  await t.rejects(
    clientOf().simpleReenroll(csr),
    { code: 'EST_REFUSED', detail: /needs the client certificate/ },
    'a password alone',
  )
})

const pemOf = (der: Buffer, privateKey: Parameters<typeof publicKeyDerOf>[0]) => ({
  privateKey,
  certificatePem: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
  keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
})

t.test('behind a registrar the names may differ, where the server says so', async t => {
  const { clientOf } = await serve(t, { clientCas: [ca.certificateDer], options: { reenrolSameNames: false } })
  const { csr } = await request('CN=Anything')
  t.equal(subjectOf((await clientOf().simpleReenroll(csr)).certificateDer), 'CN=Anything')
})

t.test('a key that the server makes', async t => {
  for (const serverKey of ['rsa:2048', 'ec:p384'] as const) {
    const { clientOf } = await serve(t, { options: { serverKey } })
    const made = await clientOf().serverKeyGen((await request('CN=SEP001122334455')).csr)
    const privateKey = createPrivateKey({ key: made.privateKeyDer!, format: 'der', type: 'pkcs8' })
    t.strictSame(parseCertificate(made.certificateDer).publicKeyDer, publicKeyDerOf(privateKey), serverKey)
    t.equal(subjectOf(made.certificateDer), 'CN=SEP001122334455')
  }
  const { clientOf } = await serve(t)
  const attributes = [{ oid: CSR_ATTRIBUTE_OIDS.asymmetricDecryptKeyIdentifier, values: [Buffer.from('0401aa', 'hex')] }]
  const encrypted = clientOf().serverKeyGen((await request('CN=SEP001122334455', { attributes })).csr)
  await t.rejects(
    encrypted,
    { code: 'EST_BAD_REQUEST', detail: /Encryption of the private key/ },
    'never plain when it was to be encrypted',
  )
  const without = await serve(t, { options: { serverKeyGen: false } })
  await t.rejects(without.clientOf().serverKeyGen((await request()).csr), { code: 'EST_NOT_FOUND' })
})

t.test('a full CMC request goes to the CA and back as it is', async t => {
  const plain = await serve(t)
  await t.rejects(plain.clientOf().fullCmc(Buffer.from('3000', 'hex')), { code: 'EST_NOT_FOUND' })
  const passed: Buffer[] = []
  const answer = Buffer.from('30030201aa', 'hex')
  const authority: Authority = {
    ...embeddedAuthority({ ca, now }),
    fullCmc: async der => {
      passed.push(der)
      return answer
    },
  }
  const { clientOf } = await serve(t, { authority })
  const requestDer = Buffer.from('30030201bb', 'hex')
  t.strictSame(await clientOf().fullCmc(requestDer), answer)
  t.strictSame(passed, [requestDer])
})

t.test('a label chooses among CAs, in either place', async t => {
  const labels: (string | undefined)[] = []
  const inner = embeddedAuthority({ ca, now })
  const authority: Authority = {
    ...inner,
    caCerts: async context => {
      labels.push(context.label)
      return inner.caCerts(context)
    },
  }
  const { clientOf } = await serve(t, { authority })
  await clientOf({ label: 'voice' }).caCerts()
  await clientOf().caCerts()
  t.strictSame(labels, [undefined, 'voice', undefined], 'the first one is the server itself, when it starts')
  await t.rejects(clientOf({ label: 'a/b' }).caCerts(), { code: 'EST_NOT_FOUND' })
})

t.test('the certificate is found by its key, wherever it stands', async t => {
  const [stranger, other] = [await makeCertificate({ ca, name: 'CN=stranger' }), await makeCa('CN=other')]
  const { csr, keyPair } = await request()
  const certificate = await makeCertificate({ ca, keyPair, name: 'CN=SEP001122334455' })
  const given = [stranger.certificateDer, certificate.certificateDer, other.certificateDer]
  // A server that adds its chain, which it should not, in an order of its own.
  const body = buildCertsOnly(given).toString('base64')
  const { clientOf } = await scripted(t, socket =>
    onRequests(socket, () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    ),
  )
  const enrolled = await clientOf().simpleEnroll(csr)
  t.strictSame(enrolled.certificateDer, certificate.certificateDer)
  t.strictSame(enrolled.others, [stranger.certificateDer, other.certificateDer])
})

t.test('a client that knows nothing but a fingerprint learns its CA, and then checks it', async t => {
  const { server, seen } = await serve(t)
  const fingerprint = hash('sha256', ca.certificateDer, 'hex')
  const spaced = fingerprint.toUpperCase().replace(/..(?=.)/g, '$&:')
  using client = await EstClient.bootstrap({ server: server.address, credentials }, { fingerprint: spaced })
  t.match(seen, [{ operation: 'cacerts', status: 200 }])
  t.equal(subjectOf((await client.simpleEnroll((await request()).csr)).certificateDer), 'CN=SEP001122334455')
  const wrong = EstClient.bootstrap(
    { server: server.address, credentials },
    { fingerprint: fingerprint.replace(/^./, digit => (digit === '0' ? '1' : '0')) },
  )
  await t.rejects(wrong, { code: 'EST_FINGERPRINT_MISMATCH', libest: { name: 'EST_ERR_CACERT_VERIFICATION' } })
})

t.test('a fingerprint of a CA that did not issue the certificate of the server helps nobody', async t => {
  const other = await makeCa('CN=other')
  const { server } = await serve(t, { authority: embeddedAuthority({ ca: other, now }) })
  const fingerprint = hash('sha256', other.certificateDer, 'hex')
  using client = await EstClient.bootstrap({ server: server.address }, { fingerprint })
  await t.rejects(client.caCerts(), { code: 'EST_SERVER_CHAIN_INCOMPLETE' })
})

t.test('a registration authority of the CA may have another name; others may not', async t => {
  const ra = await serve(t, { certificate: await raCertificate(ca) })
  t.equal((await ra.clientOf().caCerts()).length, 1)
  const named = await serve(t, { certificate: await makeCertificate({ ca, dns: ['ra.example'], ip: [] }) })
  await t.rejects(named.clientOf().caCerts(), { code: 'EST_SERVER_NAME_MISMATCH' })
  await t.rejects(
    ra.clientOf({ trust: { kind: 'system' } }).caCerts(),
    { code: 'EST_SERVER_CHAIN_INCOMPLETE' },
    'the roots of a system do not know it',
  )
})

t.test('an anchor may be the very certificate of the server', async t => {
  const single = await makeCertificate({ ca })
  const own = await serve(t, { certificate: single })
  t.equal((await own.clientOf({ trust: trustAnchors([single.certificateDer]) }).caCerts()).length, 1)
  t.throws(() => trustAnchors([]), { code: 'EST_TRUST_INVALID' })
  t.throws(() => trustAnchors([Buffer.from('x')]), { code: 'EST_TRUST_INVALID' })
})

t.test('a request that was made elsewhere is sent as it is, by keys of every kind', async t => {
  const { clientOf } = await serve(t)
  const client = clientOf()
  for (const spec of ['rsa:1024', 'rsa:2048', 'ec:p256', 'ec:p384', 'ec:p521'].map(parseKeySpec)) {
    const keyPair = await generateKeyPair(spec)
    const source = signedCsr({ subject: parseName('CN=SEP001122334455'), keyPair })
    const csrDer = await (source as Exclude<typeof source, Buffer>)({ challengePassword: undefined })
    const { certificateDer } = await client.simpleEnroll(csrDer)
    t.strictSame(parseCertificate(certificateDer).publicKeyDer, parseCsr(csrDer).publicKeyDer)
  }
})

t.test('many enrolments at once over a few connections', async t => {
  const { clientOf, server } = await serve(t)
  const client = clientOf({ options: { maxConnections: 4 } })
  const { csr } = await request()
  let most = 0
  const one = async () => {
    await client.simpleEnroll(csr)
    most = Math.max(most, server.connections)
  }
  await Promise.all(Array.from({ length: 200 }, one))
  t.ok(most > 0 && most <= 4, `${most} connections at once`)
  t.equal(server.counters.requests.get('simpleenroll 200'), 200)
  const challenges = server.counters.requests.get('simpleenroll 401') ?? 0
  t.ok(challenges <= 8, `${challenges} challenges, at most two a connection: the others were answered beforehand`)
})

t.test('without keeping connections each request has one of its own', async t => {
  const { clientOf, server } = await serve(t)
  const client = clientOf({ options: { idleTimeoutMs: 0 } })
  await client.caCerts()
  while (server.connections > 0) await new Promise(setImmediate)
  t.equal((await client.caCerts()).length, 1)
})
