import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '@capfkit/listen'
import { parseCertificate, TrustStore, validateChain } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { adcsAuthority, type EnrolAnswer, ReferenceFolder } from '../src/index.ts'
import { csrDer, lab, PASSWORD, phoneKey } from './adcs-lab.ts'
import { now, request, serve } from './world.ts'

type Simulated = NonNullable<Parameters<typeof lab>[1]>

/** A phone's request, through an EST server, to AD CS. */
const chain = async (t: Test, { simulated = {}, template }: { simulated?: Simulated; template?: string } = {}) => {
  const world = await lab(t, simulated)
  const authority = adcsAuthority({ client: world.client, now, ...(template === undefined ? {} : { template }) })
  const est = await serve(t, { authority })
  return { ...world, ...est, authority, client: est.clientOf({ options: { minRetryAfterMs: 10, maxRetryAfterMs: 10 } }) }
}

t.test('EST in front of AD CS: a certificate, and the chain of the CA', async t => {
  const { client, simulator } = await chain(t, { template: 'CiscoRA' })
  const { certificateDer } = await client.simpleEnroll(csrDer)
  t.strictSame(parseCertificate(certificateDer).publicKeyDer, phoneKey.publicKeyDer)
  t.strictSame(await client.caCerts(), simulator.authority.roots)
})

t.test('a request that waits for an officer: its number is asked for until he has decided', async t => {
  const { client, simulator, server } = await chain(t, {
    simulated: { options: { template: ['Officer=pend'] } },
    template: 'Officer',
  })
  await t.rejects(client.simpleEnroll(csrDer), { code: 'EST_PENDING' })
  await t.rejects(client.simpleEnroll(csrDer), { code: 'EST_PENDING' })
  t.strictSame([simulator.pending.length, server.pending], [1, 1], 'one request, however often it is asked for')
  t.ok(await simulator.approve(simulator.pending[0]!.id))
  t.ok(await client.simpleEnroll(csrDer, { waitMs: 2_000 }))
})

t.test('what AD CS refuses, and what it is that cannot be asked', async t => {
  const denied = await chain(t, { simulated: { options: { template: ['Nobody=deny'] } }, template: 'Nobody' })
  await t.rejects(denied.client.simpleEnroll(csrDer), { code: 'EST_REFUSED', status: 403 })
  const misspelt = await chain(t, { template: 'CiscoRa2' })
  await t.rejects(misspelt.client.simpleEnroll(csrDer), { code: 'EST_AUTH_FAILED', status: 401 }, 'as if the password were wrong')
  t.match(misspelt.seen.at(-1), { why: 'unauthorised', detail: /CiscoRa2.*ADCS_TEMPLATE_UNKNOWN/ }, 'the log says what it was')
  const login = await chain(t, { simulated: { client: { password: `${PASSWORD}x` } } })
  await t.rejects(login.client.simpleEnroll(csrDer), { code: 'EST_AUTH_FAILED' })
  const gone = await chain(t, { simulated: { client: { server: 'localhost:1' } } })
  await t.rejects(gone.client.simpleEnroll(csrDer), { code: 'EST_SERVER_FAILED', status: 504 })
  t.match(gone.seen.at(-1), { why: 'caUnreachable', detail: /ADCS_REFUSED/ })
  const untrusted = await chain(t, { simulated: { trusted: [] } })
  await t.rejects(untrusted.client.simpleEnroll(csrDer), { code: 'EST_SERVER_FAILED', status: 504 })
  const silent = await chain(t, { simulated: { options: { fault: ['certfnsh=silent'] }, client: { timeoutMs: 100 } } })
  await t.rejects(silent.client.simpleEnroll(csrDer), { code: 'EST_SERVER_FAILED', status: 504 })
  t.match(silent.seen.at(-1), { why: 'caSilent' })
})

t.test('a CA that cannot be asked at the start: the log says why in one sentence', async t => {
  const { client } = await lab(t, { client: { password: `${PASSWORD}x` } })
  const said = Promise.withResolvers<string>()
  const log = createLog({ level: 'warn', destination: { write: said.resolve } })
  await serve(t, { authority: adcsAuthority({ client, now }), log })
  const line = JSON.parse(await said.promise) as Record<string, unknown>
  t.match(line, { msg: 'the CA cannot be asked', failure: 'caFailed', detail: /^the CA failed: .*\(ADCS_LOGIN_REJECTED\)$/ })
  t.notMatch(line, { err: {} }, 'and not where in the code')
})

t.test('the chain is asked for once an hour, and an old one is better than none', async t => {
  let at = now().getTime()
  const { client, simulator, iisLines } = await lab(t)
  const authority = adcsAuthority({ client, now: () => new Date(at) })
  const context = { signal: new AbortController().signal, note: () => {} }
  const chains = async () => (await authority.caCerts(context)).length
  t.equal(await chains(), 1)
  const asked = iisLines.length
  t.equal(await chains(), 1)
  t.equal(iisLines.length, asked)
  at += 3_600_000
  t.equal(await chains(), 1)
  t.ok(iisLines.length > asked)
  await simulator[Symbol.asyncDispose]()
  at += 3_600_000
  t.equal(await chains(), 1)
  const never: Promise<EnrolAnswer> = authority.enrol(csrDer, { ...context, operation: 'simpleenroll', remoteAddress: '' })
  await t.rejects(never, { name: 'AuthorityError', failure: 'caUnreachable' })
})

t.test('a CA that has renewed its certificate: the new one is given out once it has signed with it', async t => {
  const { client, simulator } = await chain(t, { template: 'CiscoRA' })
  await client.simpleEnroll(csrDer)
  const before = await client.caCerts()
  await simulator.authority.renew()
  t.strictSame(await client.caCerts(), before, 'nobody has noticed')
  const { csr } = await request()
  const { certificateDer } = await client.simpleEnroll(csr)
  const after = await client.caCerts()
  t.notSame(after, before)
  t.ok(validateChain({ leaf: certificateDer, trusted: new TrustStore({ anchors: after }), at: now() }).ok)
})

t.test('a registration authority that was started again asks for the requests of before by their numbers', async t => {
  const simulated = { options: { template: ['Officer=pend'] } }
  const world = await lab(t, simulated)
  const folder = join(t.testdir(), 'pending')
  const open = (at = now()) => ReferenceFolder.open({ folder, maxAgeMs: 60_000, now: () => at, onError: t.threw })
  const start = async () => {
    const references = await open()
    const authority = adcsAuthority({ client: world.client, now, template: 'Officer' })
    const est = await serve(t, { authority, references })
    const stop = async () => {
      await est.server[Symbol.asyncDispose]()
      await references[Symbol.asyncDispose]()
    }
    return { client: est.clientOf({ options: { minRetryAfterMs: 10, maxRetryAfterMs: 10 } }), stop }
  }
  const first = await start()
  await t.rejects(first.client.simpleEnroll(csrDer), { code: 'EST_PENDING' })
  await first.stop()
  const [file, ...others] = readdirSync(folder)
  t.strictSame(others, [])
  t.match(JSON.parse(readFileSync(join(folder, file!), 'utf8')), { version: 1, reference: '1', subject: /^CN=SEP/ })
  t.equal(statSync(join(folder, file!)).mode & 0o077, 0)

  writeFileSync(join(folder, 'notes.txt'), 'mine')
  writeFileSync(join(folder, `${'0'.repeat(64)}.json`), '{')
  const second = await start()
  await t.rejects(second.client.simpleEnroll(csrDer), { code: 'EST_PENDING' })
  t.equal(world.simulator.pending.length, 1, 'the officer sees it once')
  await world.simulator.approve(1)
  t.ok(await second.client.simpleEnroll(csrDer))
  await second.stop()
  t.strictSame(readdirSync(folder).sort(), [`${'0'.repeat(64)}.json`, 'notes.txt'], 'what is done is gone')

  const third = await open()
  third.set('a'.repeat(64), { reference: '7', subject: 'CN=a' })
  await third[Symbol.asyncDispose]()
  t.equal((await open()).get('a'.repeat(64)), '7')
  t.equal((await open(new Date(now().getTime() + 120_000))).get('a'.repeat(64)), undefined, 'what nobody comes for is forgotten')
  await t.rejects(ReferenceFolder.open({ folder: '/proc/pending', maxAgeMs: 1, now, onError: t.threw }), {
    code: 'EST_FOLDER_UNUSABLE',
  })
})
