import t from 'tap'
import { printable, sequence, utf8 } from '../src/der.ts'
import {
  buildCsr,
  CSR_ATTRIBUTE_OIDS,
  type CsrAttribute,
  challengePasswordAttribute,
  challengePasswordOf,
  generateKeyPair,
  parseCsr,
  parseKeySpec,
  parseName,
  requestedExtensions,
  subjectAltNameRequest,
} from '../src/index.ts'
import { needs, run } from './programs.ts'

const subject = parseName('CN=SEP001122334455,O=Example')
const keyPair = await generateKeyPair(parseKeySpec('ec:p256'))
const NAMES = {
  dns: ['phone.example', 'other.example'],
  uri: [],
  email: ['a@phone.example'],
  ip: ['10.0.0.1', '2001:0db8:0000:0000:0000:0000:0000:0001'],
}

t.test('challenge passwords come back as they were given, whatever kind of string holds them', async t => {
  for (const text of ['', 'A1+/=', 'base64==', 'Grüße', '\u0000', 'x'.repeat(255)]) {
    const csr = parseCsr(await buildCsr({ subject, keyPair, attributes: [challengePasswordAttribute(text)] }))
    t.equal(challengePasswordOf(csr), text)
    t.ok(csr.verify())
  }
  t.equal(challengePasswordOf(parseCsr(await buildCsr({ subject, keyPair }))), undefined)
})

t.test('names that are asked for can be read again, by us and by openssl', needs('openssl'), async t => {
  const der = await buildCsr({ subject, keyPair, attributes: [subjectAltNameRequest(NAMES)] })
  t.strictSame(requestedExtensions(parseCsr(der)), { unknownCritical: [], subjectAltName: NAMES })
  const text = run(['openssl', 'req', '-verify', '-noout', '-text', '-inform', 'DER'], der).toString()
  t.match(text, /DNS:phone\.example, DNS:other\.example, email:a@phone\.example, IP Address:10\.0\.0\.1, IP Address:2001:DB8/)
  t.strictSame(requestedExtensions(parseCsr(await buildCsr({ subject, keyPair }))), { unknownCritical: [] })
})

t.test('an attribute that may be there once and is there twice, or is something else, is refused', async t => {
  const { challengePassword, extensionRequest } = CSR_ATTRIBUTE_OIDS
  const bad = async (attributes: readonly CsrAttribute[]) => parseCsr(await buildCsr({ subject, keyPair, attributes }))
  for (const values of [[utf8('a'), utf8('b')], [sequence()], [Buffer.of(0x13)], [Buffer.of(0x13, 5, 1)]])
    t.throws(() => challengePasswordOf({ attributes: [{ oid: challengePassword, values }] }), { code: 'PKI_BAD_CSR' })
  const twice = await bad([challengePasswordAttribute('a'), challengePasswordAttribute('b')])
  t.throws(() => challengePasswordOf(twice), { code: 'PKI_BAD_CSR', where: 'challengePassword' })
  for (const value of [printable('x'), sequence(printable('x')), sequence(sequence())]) {
    const csr = await bad([{ oid: extensionRequest, values: [value] }])
    t.throws(() => requestedExtensions(csr), { code: 'PKI_BAD_CSR', where: 'extensionRequest' })
  }
  const two = await bad([subjectAltNameRequest(NAMES), subjectAltNameRequest({ dns: ['third.example'] })])
  t.throws(() => requestedExtensions(two), { code: 'PKI_BAD_CSR' })
})
