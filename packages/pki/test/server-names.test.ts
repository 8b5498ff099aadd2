import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import t from 'tap'
import {
  CertificateIssuer,
  createSelfSigned,
  derToPem,
  generateKeyPair,
  parseCertificate,
  serverEndPoint,
  TrustStore,
  validateChain,
} from '../src/index.ts'

const NOW = new Date('2026-03-01T00:00:00Z')
const keyPair = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
const larger = await generateKeyPair({ type: 'ec', curve: 'secp384r1' })
const subject = [{ type: 'CN', value: 'capfkit TEST CA' }] as const
const NAMES = {
  dns: ['ca.example', '*.example'],
  ip: ['192.0.2.1', '2001:db8::1', '::1', 'fe80::'],
  uri: ['urn:x'],
  email: ['a@b.example'],
}

const selfSigned = (pair = keyPair) =>
  createSelfSigned({ profile: 'enterpriseCa', subject, keyPair: pair, notBefore: NOW, subjectAltName: NAMES })

t.test('openssl reads the other names of a subject as they were given', async t => {
  const text = execFileSync('openssl', ['x509', '-noout', '-ext', 'subjectAltName'], {
    input: derToPem(await selfSigned()),
    encoding: 'utf8',
  })
  t.match(
    text,
    'DNS:ca.example, DNS:*.example, URI:urn:x, email:a@b.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
  )
  t.match(text, 'IP Address:0:0:0:0:0:0:0:1, IP Address:FE80:0:0:0:0:0:0:0')
})

t.test('an issuer of web servers gives them their names, below a CA that may sign them', async t => {
  const certificateDer = await selfSigned()
  const issuer = CertificateIssuer.create({ certificateDer, privateKey: keyPair.privateKey, profile: 'webServer', now: () => NOW })
  const { publicKeyDer } = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const issued = await issuer.issue({
    subject: [{ type: 'CN', value: 'web' }],
    publicKeyDer,
    subjectAltName: { dns: ['web.example'] },
  })
  const { extensions } = parseCertificate(issued.certificateDer)
  t.strictSame(extensions.subjectAltName, { dns: ['web.example'], uri: [], email: [], ip: [] })
  const trusted = new TrustStore({ anchors: [certificateDer] })
  t.ok(validateChain({ leaf: issued.certificateDer, trusted, at: NOW, purpose: 'serverAuth' }).ok)
  t.notOk(validateChain({ leaf: issued.certificateDer, trusted, at: NOW, purpose: 'clientAuth' }).ok)
})

t.test('tls-server-end-point hashes by the digest of the signature, SHA-1 as SHA-256', async t => {
  const small = await selfSigned()
  const large = await selfSigned(larger)
  t.equal(serverEndPoint(small).toString('hex'), createHash('sha256').update(small).digest('hex'))
  t.equal(serverEndPoint(large).toString('hex'), createHash('sha384').update(large).digest('hex'))
  const old = execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-keyout', '/dev/null', '-sha1', '-subj', '/CN=old', '-outform', 'DER'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  t.equal(serverEndPoint(old).toString('hex'), createHash('sha256').update(old).digest('hex'))
})
