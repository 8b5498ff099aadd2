import { constants, privateDecrypt, randomBytes } from 'node:crypto'
import { formatSignedFile, parseSignedFile, TlvError } from '@capfkit/codec/tlv'
import fc from 'fast-check'
import t from 'tap'
import {
  checkSignature,
  decryptFile,
  encryptFile,
  FileSigner,
  generateKeyPair,
  KnownSigner,
  PkiError,
  parseKeySpec,
  signFile,
} from '../src/index.ts'
import { needs, run } from './programs.ts'
import { credential, eachFlippedBit, recorded } from './trust-files.ts'

const timestamp = new Date('2026-11-22T00:00:00Z')
const signer = new FileSigner(credential('tftp'))
const known = [KnownSigner.ofCertificate(credential('tftp').certificateDer)]
const phone = credential('phone')
const plain = recorded('plain.cnf.xml')
const verdict = (bytes: Buffer) => checkSignature(bytes, parseSignedFile(bytes).header, known).verdict

t.test('the recorded signed files are valid, and what is encrypted can be read with the key of the phone', async t => {
  for (const name of ['XMLDefault.cnf.xml.sgn', 'SEP00000000D001.cnf.xml.sgn', 'SEP00000000D001.cnf.xml.enc.sgn'])
    t.equal(verdict(recorded(name)), 'valid', name)
  t.ok(decryptFile(recorded('SEP00000000D001.cnf.xml.enc.sgn'), phone.privateKey).equals(plain))
})

t.test('no flipped bit and no truncation of a signed file is accepted', async t => {
  for (const name of ['XMLDefault.cnf.xml.sgn', 'SEP00000000D001.cnf.xml.enc.sgn']) {
    const bytes = recorded(name)
    let accepted = 0
    const judge = (damaged: Buffer) => {
      try {
        if (verdict(damaged) === 'valid') accepted++
      } catch (error) {
        if (!(error instanceof TlvError)) throw error
      }
    }
    for (const damaged of eachFlippedBit(bytes)) judge(damaged)
    for (let length = 0; length < bytes.length; length++) judge(bytes.subarray(0, length))
    t.equal(accepted, 0, name)
  }
})

for (const digest of ['sha1', 'sha512'] as const)
  t.test(`a configuration is signed and encrypted with ${digest}, and read again`, async t => {
    const signed = await signFile({ content: plain, fileName: 'SEP1.cnf.xml.sgn', signer, digest, timestamp })
    t.equal(verdict(signed), 'valid')
    const file = parseSignedFile(signed)
    t.ok(file.content.equals(plain))
    t.match(file.header, { version: { major: 1, minor: 0 }, fileName: 'SEP1.cnf.xml.sgn' })

    const encrypted = await encryptFile({
      content: plain,
      fileName: 'SEP1.cnf.xml.enc.sgn',
      signer,
      digest,
      timestamp,
      phoneCertificateDer: phone.certificateDer,
      randomBytes,
    })
    t.equal(verdict(encrypted), 'valid')
    t.ok(decryptFile(encrypted, phone.privateKey).equals(plain))
    t.notOk(encrypted.includes(plain.subarray(0, 16)), 'nothing of the content stands there in the clear')
    const { order, ...header } = parseSignedFile(recorded('SEP00000000D001.cnf.xml.enc.sgn')).header
    t.strictSame(
      Object.keys(parseSignedFile(encrypted).header).toSorted(),
      Object.keys(header).toSorted(),
      'the fields of another tool',
    )
  })

t.test('openssl decrypts what we encrypt', needs('openssl'), async t => {
  const options = { fileName: 'a.enc.sgn', signer, timestamp, phoneCertificateDer: phone.certificateDer, randomBytes }
  const { header, content } = parseSignedFile(await encryptFile({ ...options, content: plain }))
  const { content: cipher, key } = header.encryption!
  const contentKey = privateDecrypt({ key: phone.privateKey, padding: constants.RSA_PKCS1_PADDING }, key.encryptedKey)
  const [k, iv] = [contentKey.toString('hex'), cipher.iv.toString('hex')]
  const padded = run(['openssl', 'enc', '-d', '-aes-128-cbc', '-nopad', '-K', k, '-iv', iv], content)
  t.equal(padded.toString(), plain.toString() + '\r'.repeat(cipher.paddingBytes))
})

t.test('content of any length is encrypted and read again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 70 }), async bytes => {
      const content = Buffer.from(bytes)
      const options = { fileName: 'a.enc.sgn', signer, timestamp, phoneCertificateDer: phone.certificateDer, randomBytes }
      const encrypted = await encryptFile({ ...options, content })
      if (!decryptFile(encrypted, phone.privateKey).equals(content)) throw new Error('not the same content')
      if (!formatSignedFile(parseSignedFile(encrypted)).equals(encrypted)) throw new Error('not the same file')
    }),
    { numRuns: 40 },
  )
})

t.test('what cannot be decrypted says why', async t => {
  const encrypted = recorded('SEP00000000D001.cnf.xml.enc.sgn')
  const wrongKey = await generateKeyPair(parseKeySpec('rsa:2048'))
  const error = t.throws(() => decryptFile(encrypted, wrongKey.privateKey), PkiError) as unknown
  t.match((error as PkiError).code, /^PKI_(DECRYPT_FAILED|BAD_CONTENT_DIGEST)$/)
  t.throws(() => decryptFile(encrypted, credential('phone-ec').privateKey), { code: 'PKI_DECRYPT_FAILED' })
  t.throws(() => decryptFile(recorded('XMLDefault.cnf.xml.sgn'), phone.privateKey), { code: 'PKI_NOT_ENCRYPTED' })
  t.throws(() => decryptFile(plain, phone.privateKey), { code: 'TLV_BAD_VERSION' })
  t.throws(() => decryptFile(encrypted.subarray(0, -1), phone.privateKey), { code: 'PKI_DECRYPT_FAILED' }, 'a block that is cut')
  const altered = Buffer.from(encrypted)
  altered[altered.length - 20]! ^= 1
  t.throws(() => decryptFile(altered, phone.privateKey), { code: 'PKI_BAD_CONTENT_DIGEST' })
  const options = { content: plain, fileName: 'a', signer, timestamp, randomBytes }
  t.throws(() => encryptFile({ ...options, phoneCertificateDer: credential('phone-ec').certificateDer }), { code: 'PKI_KEY_TYPE' })
})

t.test('an encryption that nobody knows, or with a padding that lies, is refused', async t => {
  const { header, content } = parseSignedFile(recorded('SEP00000000D001.cnf.xml.enc.sgn'))
  const { content: cipher, key } = header.encryption!
  for (const encryption of [
    { key, content: { ...cipher, algorithm: 1 } },
    { key, content: { ...cipher, iv: cipher.iv.subarray(1) } },
    { key, content: { ...cipher, paddingBytes: content.length + 1 } },
    { key: { ...key, algorithm: 1 }, content: cipher },
    { key: { ...key, padding: 2 }, content: cipher },
  ]) {
    const bytes = formatSignedFile({ header: { ...header, encryption }, content })
    t.throws(() => decryptFile(bytes, phone.privateKey), { code: 'PKI_DECRYPT_FAILED' })
  }
})
