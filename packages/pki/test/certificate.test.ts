import { X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import t from 'tap'
import { certificatesFromFile, commonName, derToPem, formatName, newCapfCa, parseCertificate, pemToDer } from '../src/index.ts'
import { needs, run } from './programs.ts'
import { recordedCertificate } from './recordings.ts'

t.test('the recorded CAPF certificate is taken apart', async t => {
  const der = recordedCertificate('capf')
  const capf = parseCertificate(der)
  t.equal(formatName(capf.subject), 'CN=CAPF-TEST,O=Throwaway,OU=Vectors,L=Wellington,C=NZ')
  t.strictSame(capf.issuerDer, capf.subjectDer)
  t.strictSame([capf.notBefore, capf.notAfter], [new Date('2026-11-21T00:00:00Z'), new Date('2036-11-21T00:00:00Z')])
  t.equal(capf.signatureAlgorithmOid, '1.2.840.113549.1.1.11')
  t.strictSame(capf.extensions.basicConstraints, { ca: true, pathLength: 0 })
  t.strictSame(capf.extensions.keyUsage, ['digitalSignature', 'keyEncipherment', 'dataEncipherment', 'keyCertSign', 'cRLSign'])
  t.strictSame(capf.extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.5'])
  t.equal(capf.extensions.subjectKeyId?.toString('hex'), 'a2e39ddba007ac6830360e033cdb4006621c138e')
  t.strictSame(capf.extensions.unknownCritical, [])
  const node = new X509Certificate(der)
  t.equal(capf.serialNumber.toString('hex').replace(/^00/, '').toUpperCase(), node.serialNumber, 'serial number as node says')
  t.strictSame(capf.publicKeyDer, node.publicKey.export({ type: 'spki', format: 'der' }), 'public key as node says')
})

t.test('every recorded certificate says what node:crypto says', async t => {
  const names = [
    'mca',
    'mic-rsa',
    'rogue-rsa',
    'lsc-expired',
    'lsc-secp256r1-SEP00000000EC25',
    'jabber4linux-v2-SEP00000000C004',
    'tvs',
  ]
  for (const name of names) {
    const der = recordedCertificate(name)
    const [ours, node] = [parseCertificate(der), new X509Certificate(der)]
    t.equal(formatName(ours.subject).replaceAll(',', '\n'), node.subject, `${name}: subject`)
    t.equal(formatName(ours.issuer).replaceAll(',', '\n'), node.issuer, `${name}: issuer`)
    t.strictSame([ours.notBefore, ours.notAfter], [node.validFromDate, node.validToDate], `${name}: validity`)
    t.equal(ours.extensions.basicConstraints?.ca ?? false, node.ca, `${name}: CA`)
    t.strictSame(ours.publicKeyDer, node.publicKey.export({ type: 'spki', format: 'der' }), `${name}: key`)
  }
})

const EXTENSIONS = `
[v3]
basicConstraints = critical, CA:FALSE
keyUsage = decipherOnly, keyAgreement
extendedKeyUsage = critical, clientAuth, 1.2.3.4
subjectAltName = DNS:phone.example, URI:urn:x, email:a@b.example, IP:192.0.2.1, IP:2001:db8::1, otherName:1.2.3;UTF8:x
subjectKeyIdentifier = hash
1.2.3.4.5 = critical, ASN1:NULL
1.2.3.4.6 = ASN1:NULL
[req]
distinguished_name = dn
[dn]
`

t.test('what openssl makes is read: EC keys, all extensions, years after 2050', needs('openssl'), async t => {
  const folder = t.testdir({ 'openssl.cnf': EXTENSIONS })
  for (const curve of ['prime256v1', 'secp384r1', 'secp521r1']) {
    const key = `${folder}/key.pem`
    run(['openssl', 'ecparam', '-name', curve, '-genkey', '-noout', '-out', key])
    const subject = ['-subj', '/CN=a\\/b,c/O=ü/serialNumber=PID:CP-8861 SN:1', '-utf8']
    const config = ['-config', `${folder}/openssl.cnf`, '-extensions', 'v3']
    const der = run(['openssl', 'req', '-x509', '-new', '-key', key, ...subject, ...config, '-days', '20000', '-outform', 'DER'])
    const { extensions, ...found } = parseCertificate(der)
    t.equal(formatName(found.subject), 'CN=a/b\\,c,O=ü,serialNumber=PID:CP-8861 SN:1', `${curve}: subject`)
    t.strictSame(found.notAfter, new X509Certificate(der).validToDate, `${curve}: GeneralizedTime`)
    t.strictSame(extensions.keyUsage, ['keyAgreement', 'decipherOnly'], `${curve}: key usage with two bytes`)
    t.strictSame(extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.2', '1.2.3.4'])
    t.strictSame(extensions.subjectAltName, {
      dns: ['phone.example'],
      uri: ['urn:x'],
      email: ['a@b.example'],
      ip: ['192.0.2.1', '2001:0db8:0000:0000:0000:0000:0000:0001'],
    })
    t.strictSame(extensions.unknownCritical, ['1.2.3.4.5'], `${curve}: unknown and critical`)
  }
})

t.test('certificates of version 1 have no extensions', async t => {
  for (const name of ['mic-rsa', 'lsc-expired']) {
    t.strictSame(parseCertificate(recordedCertificate(name)).extensions, { unknownCritical: [] }, name)
  }
})

t.test('an independent reader agrees with what we write', async t => {
  const { certificateDer } = await newCapfCa({
    now: () => new Date('2026-12-01T00:00:00Z'),
    organization: 'Example',
    country: 'NZ',
  })
  const theirs = forge.pki.certificateFromPem(derToPem(certificateDer))
  const ours = parseCertificate(certificateDer)
  t.equal(theirs.subject.getField('CN').value, commonName(ours.subject))
  t.equal(theirs.serialNumber, ours.serialNumber.toString('hex'))
  t.strictSame(theirs.validity, { notBefore: ours.notBefore, notAfter: ours.notAfter })
  t.match(theirs.getExtension('basicConstraints'), { cA: true, pathLenConstraint: 0, critical: true })
  t.match(theirs.getExtension('keyUsage'), { keyCertSign: true, digitalSignature: true, cRLSign: true, critical: true })
  t.ok(theirs.verify(theirs))
})

t.test('PEM: several blocks, other labels, text between', async t => {
  const [a, b] = [recordedCertificate('capf'), recordedCertificate('mca')]
  const file = `subject=x\n${derToPem(a)}${derToPem(b, 'OTHER')}\r\n${derToPem([b, a]).replaceAll('\n', '\r\n')}`
  t.strictSame(pemToDer(file), [a, b, a])
  t.strictSame(pemToDer(file, 'OTHER'), [b])
  t.strictSame(certificatesFromFile(a), [a], 'one DER')
  t.strictSame(certificatesFromFile(Buffer.from(derToPem([a, b]))), [a, b], 'PEM')
  for (const bad of [
    '',
    'x',
    '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----',
    derToPem(a).replace('M', '*'),
    derToPem(a).slice(0, -30),
  ]) {
    t.throws(() => pemToDer(bad), { code: 'PKI_BAD_PEM' }, JSON.stringify(bad.slice(0, 40)))
  }
  t.throws(() => pemToDer(derToPem(a), 'PRIVATE KEY'), { code: 'PKI_BAD_PEM', message: /PRIVATE KEY/ })
})
