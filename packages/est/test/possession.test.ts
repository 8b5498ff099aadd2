import { buildCsr, challengePasswordAttribute, generateKeyPair, parseKeySpec, parseName } from '@capfkit/pki'
import t from 'tap'
import { request, serve } from './world.ts'

t.test('a request bound to its connection by tls-unique is made on that connection', async t => {
  const { clientOf, server } = await serve(t, { options: { proofOfPossession: 'required' } })
  const client = clientOf({ options: { proofOfPossession: 'tls-unique' } })
  for (let round = 0; round < 3; round++) await client.simpleEnroll((await request()).csr)
  t.equal(server.counters.requests.get('simpleenroll 200'), 3)
  const separate = clientOf({ options: { proofOfPossession: 'tls-unique', idleTimeoutMs: 0 } })
  await separate.simpleEnroll((await request()).csr)
  await separate.serverKeyGen((await request()).csr)
})

t.test('one that is not bound, or to something else, is refused where it is demanded', async t => {
  const { clientOf, seen } = await serve(t, { options: { proofOfPossession: 'required' } })
  const mismatch = { code: 'EST_AUTH_FAILED', status: 401 }
  await t.rejects(clientOf().simpleEnroll((await request()).csr), mismatch, 'not bound')
  for (const password of ['', 'AAAAAAAAAAAAAAAA', 'password']) {
    const csr = await buildCsr({
      subject: parseName('CN=SEP001122334455'),
      keyPair: await generateKeyPair(parseKeySpec('ec:p256')),
      attributes: [challengePasswordAttribute(password)],
    })
    await t.rejects(clientOf().simpleEnroll(csr), mismatch, JSON.stringify(password))
  }
  t.strictSame([...new Set(seen.filter(({ user }) => user).map(({ why }) => why))], ['popFailed'])
})

t.test('where it is only looked at, what is there must fit; where it is off, nothing is looked at', async t => {
  const bound = async () => (await request('CN=SEP001122334455', { attributes: [challengePasswordAttribute('something')] })).csr
  const present = await serve(t)
  t.ok(await present.clientOf().simpleEnroll((await request()).csr))
  await t.rejects(present.clientOf().simpleEnroll(await bound()), { code: 'EST_AUTH_FAILED' })
  t.ok(await present.clientOf({ options: { proofOfPossession: 'tls-unique' } }).simpleEnroll((await request()).csr))
  const off = await serve(t, { options: { proofOfPossession: 'off' } })
  t.ok(await off.clientOf().simpleEnroll(await bound()))
})

t.test('TLS 1.3 has no tls-unique; the exporter takes its place where both sides know of it', async t => {
  const only13 = { tlsMinVersion: 'TLSv1.3' } as const
  const unique = await serve(t, { options: { ...only13, proofOfPossession: 'required' } })
  const { csr } = await request('CN=SEP001122334455', { attributes: [challengePasswordAttribute('x')] })
  await t.rejects(unique.clientOf().simpleEnroll(csr), { code: 'EST_AUTH_FAILED' })
  t.match(unique.seen.at(-1), { why: 'popFailed', detail: 'There is no tls-unique over TLSv1.3.' })

  const binding = { proofOfPossession: 'tls-exporter' } as const
  for (const tls of [only13, { tlsMaxVersion: 'TLSv1.2' } as const]) {
    const exporter = await serve(t, { options: { ...tls, proofOfPossession: 'required', channelBinding: 'tls-exporter' } })
    t.ok(await exporter.clientOf({ options: binding }).simpleEnroll((await request()).csr), JSON.stringify(tls))
    const other = exporter.clientOf({ options: { proofOfPossession: 'tls-unique' } }).simpleEnroll((await request()).csr)
    await t.rejects(other, { name: 'EstError' }, 'the other binding is not this one')
  }
})

t.test('a request that was signed elsewhere cannot be bound', async t => {
  const { clientOf } = await serve(t)
  const csrDer = await buildCsr({ subject: parseName('CN=a'), keyPair: await generateKeyPair(parseKeySpec('ec:p256')) })
  const client = clientOf({ options: { proofOfPossession: 'tls-unique' } })
  await t.rejects(client.simpleEnroll(csrDer), { code: 'EST_POP_NEEDS_KEY', libest: { name: 'EST_ERR_CSR_ALREADY_SIGNED' } })
})

t.test('a maker of requests that fails, fails the enrolment, and the connection is not left hanging', async t => {
  const { clientOf } = await serve(t)
  const client = clientOf({ options: { maxConnections: 1 } })
  const asked = client.simpleEnroll(async () => {
    throw new Error('the phone is gone')
  })
  await t.rejects(asked, { name: 'Error', message: 'the phone is gone' }, 'with its own words')
  t.equal((await client.caCerts()).length, 1)
})
