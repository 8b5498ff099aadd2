import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import {
  derToPem,
  formatKeySpec,
  generateKeyPair,
  keySpecs,
  parseKeySpec,
  privateKeyPem,
  publicKeySpec,
  readPrivateKey,
  readPublicKey,
  sameKeySpec,
} from '../src/index.ts'
import { needs, run } from './programs.ts'
import { recordedCertificate, recordedKey } from './recordings.ts'

t.test('every key specification survives being written and read', async t => {
  for (const spec of keySpecs()) t.ok(sameKeySpec(parseKeySpec(formatKeySpec(spec).toUpperCase()), spec), formatKeySpec(spec))
  t.notOk(sameKeySpec({ type: 'rsa', bits: 2048 }, { type: 'rsa', bits: 4096 }))
  for (const text of ['', 'rsa', 'rsa:2047', 'ec:p224', 'dsa:1024', 'rsa:2048 ']) {
    t.throws(() => parseKeySpec(text), { code: 'PKI_KEY_SPEC', message: JSON.stringify(text) }, JSON.stringify(text))
  }
})

t.test('a new key of every kind is read back and agrees with openssl', needs('openssl'), async t => {
  for (const spec of keySpecs().filter(found => found.type === 'ec' || found.bits <= 2048)) {
    const name = formatKeySpec(spec)
    const pair = await generateKeyPair(spec)
    const pem = privateKeyPem(pair.privateKey)
    const fromOpenssl = run(['openssl', 'pkey', '-pubout', '-outform', 'DER'], pem)
    t.strictSame(fromOpenssl, pair.publicKeyDer, `${name}: openssl derives the same public key`)
    t.strictSame(readPublicKey(pair.publicKeyDer).spec, spec, `${name}: public key is recognised`)
    t.ok(readPublicKey(pair.publicKeyDer).key.equals(createPublicKey(pair.privateKey)), `${name}: and parsed`)
    const again = readPrivateKey(pem)
    t.strictSame([again.spec, again.publicKeyDer], [spec, pair.publicKeyDer], `${name}: private key from PEM`)
    t.ok(
      readPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'der' })).privateKey.equals(pair.privateKey),
      `${name}: and DER`,
    )
  }
})

t.test('private keys are read in the forms that openssl writes', needs('openssl'), async t => {
  const rsa = run(['openssl', 'genrsa', '-traditional', '1024'])
  t.strictSame(readPrivateKey(rsa).spec, { type: 'rsa', bits: 1024 }, 'PKCS#1')
  const ec = run(['openssl', 'ecparam', '-name', 'secp384r1', '-genkey'])
  t.match(ec.toString(), 'EC PARAMETERS')
  t.strictSame(readPrivateKey(ec).spec, { type: 'ec', curve: 'secp384r1' }, 'SEC1 behind its parameters')
  const locked = run(['openssl', 'pkcs8', '-topk8', '-passout', 'pass:s3cret'], ec)
  t.strictSame(readPrivateKey(locked, { passphrase: 's3cret' }).spec, { type: 'ec', curve: 'secp384r1' }, 'encrypted PKCS#8')
  for (const passphrase of ['', 'wrong-one']) {
    t.throws(() => readPrivateKey(locked, { passphrase }), { code: 'PKI_BAD_PRIVATE_KEY' }, `passphrase "${passphrase}"`)
  }
  t.throws(() => readPrivateKey(locked), { code: 'PKI_BAD_PRIVATE_KEY' }, 'no passphrase')
})

t.test('what is no private key is refused without a word of it in the message', async t => {
  const pem = privateKeyPem(recordedKey('capf').privateKey)
  const broken = pem.replace(/\n.{20}/, '\nAAAA')
  for (const bad of ['', 'secret-text', broken, Buffer.from([0x30, 0x03, 1, 2, 3]), derToPem(recordedCertificate('capf'))]) {
    t.throws(() => readPrivateKey(bad), { name: 'PkiError', code: 'PKI_BAD_PRIVATE_KEY' })
  }
  const ed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  t.throws(() => readPrivateKey(ed), { code: 'PKI_BAD_PRIVATE_KEY' }, 'a type that CAPF does not know')
  t.throws(() => readPrivateKey(broken), { message: /^PEM: [^M]*PKI_BAD_PRIVATE_KEY\)$/ }, 'nothing of the key')
})

t.test('what is no public key that CAPF knows is refused', async t => {
  const { publicKeyDer: rsa } = recordedKey('capf')
  const ec = recordedKey('lsc-secp256r1-SEP00000000EC25').publicKeyDer
  const changed = (der: Buffer, change: (copy: Buffer) => void) => {
    const copy = Buffer.from(der)
    change(copy)
    return copy
  }
  const spki = (type: 'ed25519' | 'x25519') =>
    generateKeyPairSync(type as 'ed25519').publicKey.export({ type: 'spki', format: 'der' })
  const exponent = rsa.length - 3
  const bad: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    garbage: Buffer.from('not a key at all'),
    'trailing byte': Buffer.concat([rsa, Buffer.of(0)]),
    'PKCS#1 instead of SubjectPublicKeyInfo': createPublicKey({ key: rsa, format: 'der', type: 'spki' }).export({
      type: 'pkcs1',
      format: 'der',
    }),
    'a certificate': recordedCertificate('capf'),
    ed25519: spki('ed25519'),
    x25519: spki('x25519'),
    'a curve that CAPF does not know': generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
      type: 'spki',
      format: 'der',
    }),
    'RSA-1536': generateKeyPairSync('rsa', { modulusLength: 1536 }).publicKey.export({ type: 'spki', format: 'der' }),
    'even exponent': changed(rsa, copy => copy.set([1, 0, 0], exponent)),
    'even modulus': changed(rsa, copy => copy.set([copy[exponent - 3]! & 0xfe], exponent - 3)),
    'a point that is not on its curve': changed(ec, copy => copy.set([copy.at(-1)! ^ 1], copy.length - 1)),
    'RSA without NULL': changed(rsa, copy => copy.set([4], 17)),
  }
  for (const [name, der] of Object.entries(bad)) {
    t.throws(() => readPublicKey(der), { name: 'PkiError', code: 'PKI_BAD_PUBLIC_KEY' }, name)
  }
  for (const bits of [2047, 2056, 8192, 16_384]) {
    t.throws(() => readPublicKey(rsaSpki({ bits, exponent: 65_537 })), { code: 'PKI_BAD_PUBLIC_KEY' }, `RSA-${bits}`)
  }
  for (const e of [0, 1, 2, 4]) {
    t.throws(() => readPublicKey(rsaSpki({ bits: 2048, exponent: e })), { code: 'PKI_BAD_PUBLIC_KEY' }, `exponent ${e}`)
  }
  t.strictSame(readPublicKey(rsaSpki({ bits: 2048, exponent: 3 })).spec, { type: 'rsa', bits: 2048 }, 'exponent 3 is good')
})

/** A made-up odd modulus of exactly so many bits: nothing can be signed with it. */
const rsaSpki = ({ bits, exponent }: { bits: number; exponent: number }) => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff)
  bytes[0] = 0xff >> ((8 - (bits % 8)) % 8)
  const jwk = { kty: 'RSA', n: bytes.toString('base64url'), e: Buffer.of(exponent).toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
}

t.test('random and mutated bytes give a specification or a PkiError, and what is accepted OpenSSL can use', async () => {
  const { publicKeyDer } = recordedKey('capf')
  const mutated = fc
    .tuple(fc.nat({ max: publicKeyDer.length - 1 }), fc.nat({ max: 255 }))
    .map(([at, byte]) => Buffer.concat([publicKeyDer.subarray(0, at), Buffer.of(byte), publicKeyDer.subarray(at + 1)]))
  const random = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.oneof(mutated, random), der => {
      try {
        publicKeySpec(der)
      } catch (error) {
        return (error as { code: string }).code === 'PKI_BAD_PUBLIC_KEY'
      }
      return readPublicKey(der).key.asymmetricKeyType === 'rsa'
    }),
    { numRuns: 2000 },
  )
})
