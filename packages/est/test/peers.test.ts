import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  certificatesFromFile,
  derToPem,
  formatName,
  generateKeyPair,
  parseCertificate,
  parseCertsOnly,
  parseKeySpec,
  privateKeyPem,
} from '@capfkit/pki'
import t, { type Test } from 'tap'
import { type Authority, type EstServerOptions, embeddedAuthority } from '../src/index.ts'
import { run } from './adcs-programs.ts'
import { needs, type Program } from './programs.ts'
import { ca, credentials, now, request, serve } from './world.ts'

const LOGIN = `${credentials.user}:${credentials.password}`

/** A server, and a folder in which another program finds a request, a key, and the CA. */
const peer = async (t: Test, init: Parameters<typeof serve>[1] = {}) => {
  const cwd = t.testdir()
  const keyPair = await generateKeyPair(parseKeySpec('rsa:2048'))
  const { csr } = await request('CN=SEP001122334455,O=Example', { keyPair })
  const csrDer = await (csr as Exclude<typeof csr, Buffer>)({ challengePassword: undefined })
  writeFileSync(join(cwd, 'ca.pem'), ca.certificatePem)
  writeFileSync(join(cwd, 'req.der'), csrDer)
  writeFileSync(join(cwd, 'req.b64'), csrDer.toString('base64'))
  writeFileSync(join(cwd, 'key.pem'), privateKeyPem(keyPair.privateKey))
  const world = await serve(t, init)
  const url = `https://localhost:${world.server.address.port}`
  const ask = (...command: [Program, ...string[]]) => run(command, cwd)
  return { ...world, cwd, keyPair, url, ask }
}

t.test('strongSwan', needs('pki'), async t => {
  const pki = (world: Awaited<ReturnType<typeof peer>>, operation: '--est' | '--estca', ...args: string[]) =>
    world.ask('pki', operation, '--url', world.url, '--cacert', 'ca.pem', ...args)

  await t.test('gets the certificates of the CA', async t => {
    const world = await peer(t, { options: { profile: 'strongswan' } })
    const { code, stderr } = await pki(world, '--estca', '--caout', 'out.pem', '--outform', 'pem', '--force')
    t.equal(code, 0, stderr)
    t.strictSame(certificatesFromFile(readFileSync(join(world.cwd, 'out.pem'))), [ca.certificateDer])
  })

  for (const [what, options] of Object.entries<Partial<EstServerOptions>>({
    'its own profile': { profile: 'strongswan' },
    'the profile of the RFC': { profile: 'rfc8951' },
    'tls-unique where it is looked at': { profile: 'rfc8951', proofOfPossession: 'present' },
  }))
    await t.test(`enrols by user and password: ${what}`, async t => {
      const world = await peer(t, { options })
      const { code, stdout, stderr } = await pki(
        world,
        '--est',
        '--in',
        'req.der',
        '--userpass',
        LOGIN,
        '--interval',
        '1',
        '--outform',
        'pem',
      )
      t.equal(code, 0, stderr)
      const { subject, publicKeyDer } = parseCertificate(certificatesFromFile(Buffer.from(stdout))[0]!)
      t.equal(formatName(subject), 'CN=SEP001122334455,O=Example')
      t.strictSame(publicKeyDer, world.keyPair.publicKeyDer)
    })

  await t.test('reads nothing from a server that answers as libest does', async t => {
    const world = await peer(t, { options: { profile: 'libest' } })
    const { code } = await pki(world, '--est', '--in', 'req.der', '--userpass', LOGIN, '--outform', 'pem')
    t.not(code, 0, 'it wants base64 without line ends')
  })

  await t.test('renews by its certificate', async t => {
    const world = await peer(t, { clientCas: [ca.certificateDer], options: { profile: 'strongswan' } })
    const first = await pki(world, '--est', '--in', 'req.der', '--userpass', LOGIN, '--outform', 'pem')
    t.equal(first.code, 0, first.stderr)
    writeFileSync(join(world.cwd, 'old.pem'), first.stdout)
    const second = await pki(world, '--est', '--in', 'req.der', '--cert', 'old.pem', '--key', 'key.pem', '--outform', 'pem')
    t.equal(second.code, 0, second.stderr)
    t.notSame(second.stdout, first.stdout)
    t.match(world.seen.at(-1), { operation: 'simplereenroll', status: 200, subject: 'CN=SEP001122334455,O=Example' })
  })

  await t.test('comes back until the request is decided', async t => {
    const inner = embeddedAuthority({ ca, now })
    let asked = 0
    const authority: Authority = {
      ...inner,
      enrol: async (csrDer, context) => (++asked < 2 ? { status: 'pending', retryAfterMs: 1_000 } : inner.enrol(csrDer, context)),
    }
    const world = await peer(t, { authority, options: { profile: 'strongswan' } })
    const { code, stderr } = await pki(
      world,
      '--est',
      '--in',
      'req.der',
      '--userpass',
      LOGIN,
      '--interval',
      '1',
      '--outform',
      'pem',
    )
    t.equal(code, 0, stderr)
    t.equal(asked, 2)
  })

  await t.test('is refused with a wrong password', async t => {
    const world = await peer(t, { options: { profile: 'strongswan' } })
    const { code, stderr } = await pki(world, '--est', '--in', 'req.der', '--userpass', 'phones:wrong', '--outform', 'pem')
    t.not(code, 0)
    t.match(stderr, /401/)
  })
})

t.test('curl', needs('curl'), async t => {
  const curl = (world: Awaited<ReturnType<typeof peer>>, path: string, ...args: string[]) =>
    world.ask(
      'curl',
      '--silent',
      '--show-error',
      '--fail-with-body',
      '--cacert',
      'ca.pem',
      ...args,
      `${world.url}/.well-known/est/${path}`,
    )
  const enrolment = ['--data-binary', '@req.b64', '--header', 'Content-Type: application/pkcs10'] as const

  await t.test('gets the certificates of the CA', async t => {
    const world = await peer(t)
    const { code, stdout, stderr } = await curl(world, 'cacerts')
    t.equal(code, 0, stderr)
    t.strictSame(parseCertsOnly(Buffer.from(stdout, 'base64')), [ca.certificateDer])
  })

  for (const [what, options, args] of [
    ['Basic', { httpAuth: 'basic' }, ['--basic', '--user', LOGIN]],
    ['Digest', { httpAuth: 'digest' }, ['--digest', '--user', LOGIN]],
    ['Digest of a libest server', { httpAuth: 'digest', profile: 'libest' }, ['--digest', '--user', LOGIN]],
    ['whatever is offered', { httpAuth: 'digest' }, ['--anyauth', '--user', LOGIN]],
    ['Basic over TLS 1.3', { tlsMinVersion: 'TLSv1.3' }, ['--user', LOGIN]],
    ['Basic over TLS 1.2', { tlsMaxVersion: 'TLSv1.2' }, ['--user', LOGIN]],
  ] as const)
    await t.test(`enrols by ${what}`, async t => {
      const world = await peer(t, { options })
      const { code, stdout, stderr } = await curl(world, 'simpleenroll', ...args, ...enrolment)
      t.equal(code, 0, stderr)
      const [certificate] = parseCertsOnly(Buffer.from(stdout, 'base64'))
      t.strictSame(parseCertificate(certificate!).publicKeyDer, world.keyPair.publicKeyDer)
    })

  await t.test('is told what was wrong', async t => {
    const world = await peer(t)
    const anonymous = await curl(world, 'simpleenroll', ...enrolment)
    t.strictSame([anonymous.code, anonymous.stdout.length], [22, 0])
    const form = await curl(world, 'simpleenroll', '--user', LOGIN, '--data-binary', '@req.b64')
    t.match(form.stdout, /^Error 415: Unsupported Media Type\nThe content type/)
    writeFileSync(join(world.cwd, 'large'), 'A'.repeat(3_000_000))
    const type = ['--header', 'Content-Type: application/pkcs10']
    const large = await curl(world, 'simpleenroll', '--user', LOGIN, ...type, '--data-binary', '@large')
    t.match(large.stdout, /^Error 413: /, 'with 100-continue')
    const chunked = await curl(
      world,
      'simpleenroll',
      '--user',
      LOGIN,
      ...type,
      '--header',
      'Transfer-Encoding: chunked',
      '--data-binary',
      '@req.b64',
    )
    t.match(chunked.stdout, /^Error 411: /)
  })
})

t.test('openssl reads what we send', needs('openssl'), async t => {
  const world = await peer(t)
  const { certificateDer } = await world.clientOf().simpleEnroll(readFileSync(join(world.cwd, 'req.der')))
  writeFileSync(join(world.cwd, 'lsc.pem'), derToPem(certificateDer))
  const verified = await world.ask('openssl', 'verify', '-x509_strict', '-CAfile', 'ca.pem', 'lsc.pem')
  t.equal(verified.code, 0, verified.stderr)
})
