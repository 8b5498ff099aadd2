import { execFileSync } from 'node:child_process'
import { commonName, derToPem, generateKeyPair, parseCertificate, TrustStore, validateChain } from '@capfkit/pki'
import t from 'tap'
import { AdcsClient, CertificationAuthority, refusalOf } from '../src/adcs/index.ts'
import { LANGUAGES, type Language } from '../src/adcs/simulator/languages.ts'
import { authority, csrDer, csrOf, lab, phoneKey } from './adcs-lab.ts'

t.test('a phone gets its certificate by NTLM over TLS', async t => {
  const { client } = await lab(t)
  const outcome = await client.enrol(csrDer, { template: 'CiscoRA' })
  if (outcome.status !== 'issued') return t.fail(outcome.status)
  t.equal(outcome.unfit, undefined)
  const certificate = parseCertificate(outcome.certificateDer)
  t.strictSame(certificate.publicKeyDer, phoneKey.publicKeyDer)
  const trusted = new TrustStore({ anchors: authority.roots })
  t.ok(validateChain({ leaf: certificate, trusted, at: new Date(), purpose: 'clientAuth' }).ok)
  const input = derToPem(outcome.certificateDer)
  const shown = execFileSync('openssl', ['x509', '-noout', '-subject', '-issuer'], { input, encoding: 'utf8' })
  t.match(shown, /subject=CN = SEP001122334455\nissuer=CN = TEST-LAB-CA/)
})

t.test('ways to log in: NTLM, Basic, the best that is offered; names with and without domain', async t => {
  const { clientWith } = await lab(t, { options: { basic: true } })
  for (const authentication of ['ntlm', 'basic', 'any'] as const)
    for (const user of ['TEST\\ciscora', 'ciscora', 'CiscoRA@test.example', 'test.example\\CISCORA'])
      t.match(
        await clientWith({ authentication, user }).enrol(csrDer, { template: 'CiscoRA' }),
        { status: 'issued' },
        `${authentication} ${user}`,
      )
})

t.test('a fresh server has no Basic: the client that insists on it is told what there is', async t => {
  const { clientWith, iisLines } = await lab(t)
  await t.rejects(clientWith({ authentication: 'basic' }).caChain(), {
    code: 'ADCS_NO_SCHEME',
    message: /offered: negotiate, ntlm/,
  })
  t.match(iisLines, [/ - 401 2 5 \d+$/])
  t.equal((await clientWith({ authentication: 'any' }).caChain()).length, 1)
})

// failures.md: ca-login-rejected
t.test('a wrong password is the fault of the login, in the log of IIS too', async t => {
  const { clientWith, iisLines } = await lab(t, { options: { basic: true } })
  for (const authentication of ['ntlm', 'basic', 'any'] as const) {
    const client = clientWith({ authentication, password: 'wrong' })
    await t.rejects(client.enrol(csrDer, { template: 'CiscoRA' }), {
      code: 'ADCS_LOGIN_REJECTED',
      message: /refused user name or password/,
    })
    t.match(iisLines.at(-1), / 401 1 2148074252 \d+$/, authentication)
  }
  await t.rejects(clientWith({ user: 'nobody' }).caChain(), { code: 'ADCS_LOGIN_REJECTED' })
  await t.rejects(clientWith({ user: 'OTHER\\ciscora' }).caChain(), { code: 'ADCS_LOGIN_REJECTED' })
})

t.test('Extended Protection wants a login that is bound to its connection', async t => {
  const { clientWith, iisLines, simulator } = await lab(t, { options: { extendedProtection: 'require' } })
  t.equal((await clientWith().caChain()).length, 1)
  await t.rejects(clientWith({ channelBinding: false }).caChain(), { code: 'ADCS_LOGIN_REJECTED', message: /Extended Protection/ })
  t.match(iisLines.at(-1), / 401 1 2148074310 \d+$/)
  t.equal(simulator.report.pending, 0)
})

// failures.md: template-misspelt
t.test('a template that is not offered is named, with those that are', async t => {
  const { client } = await lab(t, { options: { template: ['CiscoRA=issue/display:Phones of the house', 'Web & Co=deny'] } })
  const refused = (template: string) => client.enrol(csrDer, { template })
  await t.rejects(refused('CiscoRa2'), {
    code: 'ADCS_TEMPLATE_UNKNOWN',
    where: 'template "CiscoRa2"',
    message: /the login was good \[offered: Phones of the house, Web & Co\]/,
  })
  await t.rejects(refused('phones of the house'), {
    code: 'ADCS_TEMPLATE_UNKNOWN',
    message: /this is the display name of CiscoRA\]/,
  })
  t.match(await refused('ciscora'), { status: 'issued' }, 'the case of letters does not matter')
  t.match(await refused('Web & Co'), { status: 'denied' })
})

t.test('names that would smuggle attributes in never leave the client', async t => {
  const { client, iisLines } = await lab(t)
  for (const template of ['a\r\nSAN:dns=evil', 'a\nb', 'a\rb', 'a\u2028b', 'a\u0000', '', 'x'.repeat(300)])
    await t.rejects(
      client.enrol(csrDer, { template }),
      { code: 'ADCS_TEMPLATE_NAME', message: /^[ -~]+$/ },
      encodeURIComponent(template),
    )
  for (const attributes of [{ SAN: 'dns=a\r\nb:c' }, { 'a:b': 'c' }, { '': 'c' }, { a: '' }])
    await t.rejects(
      client.enrol(csrDer, { template: 'CiscoRA', attributes }),
      { code: 'ADCS_TEMPLATE_NAME' },
      encodeURIComponent(encodeURIComponent(JSON.stringify(attributes))),
    )
  t.strictSame(iisLines, [])
  t.match(await client.enrol(csrDer, { template: 'CiscoRA', attributes: { SAN: 'dns=a.example&dns=b+c' } }), { status: 'issued' })
})

for (const language of Object.keys(LANGUAGES) as Language[]) {
  t.test(`${language}: issued, pending, denied and unknown are read by ids and numbers, not by words`, async t => {
    const { client, simulator } = await lab(t, {
      options: { language, firstRequestId: 4711, template: ['Good', 'Later=pend', 'Never=deny', 'Strong=issue/min:4096'] },
    })
    t.match(await client.enrol(csrDer, { template: 'Good' }), { status: 'issued', requestId: 4711 })
    t.strictSame(await client.enrol(csrDer, { template: 'Later' }), { status: 'pending', requestId: 4712 })
    t.strictSame(await client.enrol(csrDer, { template: 'Later' }), { status: 'pending', requestId: 4713 })
    t.match(await client.enrol(csrDer, { template: 'Never' }), {
      status: 'denied',
      requestId: 4714,
      hresult: '0x80094012',
      message: /^Denied by Policy Module 0x80094012, /,
    })
    t.match(await client.enrol(csrDer, { template: 'Strong' }), { status: 'denied', hresult: '0x80094811' })
    t.strictSame(await client.poll(4712), { status: 'pending', requestId: 4712 })

    t.strictSame(
      simulator.pending.map(({ id }) => id),
      [4712, 4713],
    )
    t.ok(await simulator.approve(4712))
    t.ok(simulator.deny(4713))
    t.notOk(await simulator.approve(4712), 'once')
    t.notOk(simulator.deny(4713))
    t.match(await client.poll(4712, { csrDer }), { status: 'issued', requestId: 4712 })
    const denied = await client.poll(4713)
    t.match(denied, { status: 'denied', requestId: 4713, hresult: '0x80094014', message: /TEST\\officer/ })
    await t.rejects(client.poll(99), { code: 'ADCS_REQUEST_UNKNOWN', message: /0x80094004/ })
    await t.rejects(client.enrol(csrDer, { template: 'Nothing' }), { code: 'ADCS_TEMPLATE_UNKNOWN' })
    t.strictSame(simulator.report.requests, { issued: 1, pending: 2, denied: 2 })
  })
}

// failures.md: ca-pending, ca-denied
t.test('pending and denied have codes of their own, for whoever must throw', async t => {
  const pending = refusalOf({ status: 'pending', requestId: 7 })
  t.equal(
    pending.message,
    'request 7: the request waits for an officer of the CA; have it approved, and ask again with its number (ADCS_PENDING)',
  )
  t.match(refusalOf({ status: 'denied', message: 'Denied by TEST\\officer' }), {
    code: 'ADCS_DENIED',
    message: /\[Denied by TEST\\officer\]/,
  })
})

// failures.md: ca-key-usage
t.test('a certificate that a phone cannot register with is issued, and told to be unfit', async t => {
  const { client } = await lab(t, { options: { template: ['CiscoRA=issue/usage:unfit'] } })
  const outcome = await client.enrol(csrDer, { template: 'CiscoRA' })
  if (outcome.status !== 'issued') return t.fail(outcome.status)
  t.match(outcome.unfit, { code: 'ADCS_KEY_USAGE', message: /key usage: nonRepudiation/ })
})

// failures.md: stale-lsc
t.test('a certificate for another key is not taken for the answer', async t => {
  const { client, simulator } = await lab(t, { options: { template: ['Later=pend'] } })
  await client.enrol(csrDer, { template: 'Later' })
  await simulator.approve(1)
  const other = await csrOf('SEP001122334455', await generateKeyPair({ type: 'ec', curve: 'secp256r1' }))
  await t.rejects(client.poll(1, { csrDer: other }), { code: 'ADCS_WRONG_CERTIFICATE' })
})

// failures.md: ca-cn-capf
t.test('a CA whose name holds CAPF- is refused', async t => {
  const capf = await CertificationAuthority.create({
    name: 'CAPF-LAB',
    keySpec: { type: 'ec', curve: 'secp256r1' },
    subordinate: false,
    issuedDays: 30,
    now: () => new Date(),
  })
  const { client } = await lab(t, { authority: capf })
  await t.rejects(client.caChain(), { code: 'ADCS_CA_NAME', where: 'CN=CAPF-LAB' })
})

// [ADCS-5.1]
t.test('the chain is that of the newest renewal, not of the first', async t => {
  const { client, simulator, iisLines } = await lab(t, { options: { renewals: 2, caKey: 'ec:p256' } })
  const chain = await client.caChain()
  t.strictSame(chain, simulator.authority.chain(2))
  t.match(iisLines.at(-1), 'ReqID=CACert&Renewal=2&Enc=bin')
  await simulator.authority.renew()
  const [newest] = await client.caChain()
  t.notSame(newest, chain[0])
  const outcome = await client.enrol(csrDer, { template: 'CiscoRA' })
  if (outcome.status !== 'issued') return t.fail(outcome.status)
  const certifies = (der: Buffer) =>
    validateChain({ leaf: outcome.certificateDer, trusted: new TrustStore({ anchors: [der] }), at: new Date() }).ok
  t.ok(certifies(newest!))
  t.notOk(certifies(chain[0]!), 'the old certificate does not fit what is issued now')
})

t.test('a subordinate CA gives its root with it', async t => {
  const { client } = await lab(t, { options: { subordinate: true, caKey: 'ec:p256' } })
  t.strictSame(
    (await client.caChain()).map(der => commonName(parseCertificate(der).subject)),
    ['TEST-LAB-CA', 'TEST-LAB-CA Root'],
  )
})

t.test('requests that no CA should sign', async t => {
  const { client } = await lab(t)
  const rsa512 = await generateKeyPair({ type: 'rsa', bits: 512 })
  const enrol = (csr: Buffer) => client.enrol(csr, { template: 'CiscoRA' })
  t.match(await enrol(await csrOf('SEP1', rsa512)), { status: 'denied', hresult: '0x80094811' }, 'a key of 512 bits')
  t.match(await enrol(await csrOf('SEP\u00001')), { status: 'denied', hresult: '0x80094001' }, 'a NUL in the subject')
  t.match(await enrol(await csrOf('S'.repeat(65))), { status: 'denied', hresult: '0x80094001' }, 'a subject that is too long')
  const forged = Buffer.from(csrDer)
  forged[forged.length - 1]! ^= 1
  await t.rejects(enrol(forged), { code: 'ADCS_REQUEST_FAILED', message: /0x80090006/ }, 'a signature that is none')
  for (const bytes of [Buffer.alloc(0), Buffer.from('nothing'), csrDer.subarray(0, 100), Buffer.alloc(1_000_000, 0x30)])
    await t.rejects(enrol(bytes), { code: 'ADCS_BAD_CSR' }, `${bytes.length} bytes`)
})

t.test('a caller may give up, before and while the CA thinks', async t => {
  const entered = Promise.withResolvers<void>()
  const { client, simulator } = await lab(t, {
    options: { template: ['Slow=issue/delay:60000'] },
    sleep: (ms, signal) => {
      if (ms === 0) return Promise.resolve()
      entered.resolve()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const reason = new Error('enough')
  await t.rejects(client.enrol(csrDer, { template: 'Slow', signal: AbortSignal.abort(reason) }), reason)
  const controller = new AbortController()
  const waiting = client.enrol(csrDer, { template: 'Slow', signal: controller.signal })
  await entered.promise
  controller.abort(reason)
  await t.rejects(waiting, reason)
  t.strictSame(simulator.report.requests, {}, 'nobody is left to take the answer')
})

t.test('wrong options are told at once', async t => {
  t.throws(() => new AdcsClient({ trusted: [], options: { server: 'nowhere', timeoutMs: 0 } }), {
    name: 'OptionError',
    message: /server must be HOST:PORT.*timeoutMs must be/,
  })
})
