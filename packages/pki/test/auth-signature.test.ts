import t from 'tap'
import {
  generateKeyPair,
  type KeyPair,
  parseCertificate,
  parseKeySpec,
  readPublicKey,
  signAuthentication,
  signSudi,
  verifyAuthentication,
  verifySudi,
} from '../src/index.ts'
import { recordedCertificate, recordedKey, recordedMessage } from './recordings.ts'

const keyIn = (certificateDer: Buffer) => readPublicKey(parseCertificate(certificateDer).publicKeyDer).key
const flipped = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)])
const recordings = ['install-cert-auth-rsa-lsc', 'none-cert-auth-rsa-lsc-sudi-mic']

// [CAPF-4.3] Signatures by another implementation's phone, recorded.
for (const recording of recordings) {
  t.test(`${recording}: the recorded signatures verify, and nothing near them does`, async t => {
    const message = recordedMessage({ recording, name: 'AUTH_RESPONSE' })
    const { deviceName, signedData, certificate, sha2SignedData, sudi: recorded } = message
    const { certificateDer } = certificate!
    const signed = { deviceName, certificateDer, publicKey: keyIn(certificateDer) }
    const both = { signedData: signedData!, sha2SignedData: sha2SignedData!.signature }
    t.equal(verifyAuthentication({ ...signed, ...both }), 'ok', 'both')
    t.equal(verifyAuthentication({ ...signed, deviceName: Buffer.from(deviceName), ...both }), 'ok', 'name as bytes')
    t.equal(verifyAuthentication({ ...signed, signedData: both.signedData }), 'ok', 'SHA-1 alone')
    t.equal(verifyAuthentication({ ...signed, sha2SignedData: both.sha2SignedData }), 'ok', 'SHA-512 alone')
    t.equal(verifyAuthentication(signed), 'missing', 'none')
    t.equal(verifyAuthentication({ ...signed, ...both, deviceName: deviceName.toLowerCase() }), 'bad', 'another name')
    t.equal(verifyAuthentication({ ...signed, ...both, publicKey: keyIn(recordedCertificate('capf')) }), 'bad', 'another key')
    t.equal(verifyAuthentication({ ...signed, ...both, signedData: flipped(both.signedData) }), 'bad', 'one of two is wrong')
    t.equal(verifyAuthentication({ ...signed, ...both, sha2SignedData: flipped(both.sha2SignedData) }), 'bad', 'the other of two')
    t.equal(verifyAuthentication({ ...signed, signedData: both.sha2SignedData }), 'bad', 'SHA-512 where SHA-1 belongs')
    for (const odd of [Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(257, 1), both.signedData.subarray(1)]) {
      t.equal(verifyAuthentication({ ...signed, signedData: odd }), 'bad', `${odd.length} other bytes`)
    }

    const { certificateDer: sudiDer, ...signatures } = recorded!
    const sudi = { sessionId: message.sessionId, certificateDer: sudiDer, publicKey: keyIn(sudiDer), ...signatures }
    t.equal(verifySudi(sudi), 'ok', 'SUDI')
    t.equal(verifySudi({ ...sudi, sessionId: message.sessionId + 1 }), 'bad', 'SUDI of another session')
    t.equal(verifySudi({ ...sudi, sessionId: Buffer.from([0, 0, 0, message.sessionId]).readUInt32LE() }), 'bad', 'big-endian')
    t.equal(verifySudi({ ...sudi, sha1Signature: undefined, sha512Signature: undefined }), 'missing', 'no signature')
  })
}

t.test('we sign what the recorded phone signed, byte for byte: PKCS#1 type 1 has no chance in it', async t => {
  const message = recordedMessage({ recording: 'install-cert-auth-rsa-lsc', name: 'AUTH_RESPONSE' })
  const { certificateDer } = message.certificate!
  const { privateKey } = recordedKey('lsc-rsa2048-SEP00000000C001')
  t.strictSame(certificateDer, recordedCertificate('lsc-rsa2048-SEP00000000C001'), 'the LSC that was installed first')
  const ours = signAuthentication({ deviceName: message.deviceName, certificateDer, privateKey })
  t.strictSame(ours, { signedData: message.signedData, sha2SignedData: message.sha2SignedData?.signature })

  const session = recordedMessage({ recording: 'none-cert-auth-rsa-lsc-sudi-mic', name: 'AUTH_RESPONSE' })
  const { certificateDer: mic, ...signatures } = session.sudi!
  const sudiKey = recordedKey('mic-rsa').privateKey
  t.strictSame(signSudi({ sessionId: session.sessionId, certificateDer: mic, privateKey: sudiKey }), signatures)
})

t.test('every kind of key signs and verifies; the largest session id too', async t => {
  const certificateDer = recordedCertificate('mca')
  const device = { deviceName: 'CSFäö', certificateDer }
  const signers: Record<string, KeyPair> = {}
  for (const name of ['rsa:1024', 'ec:p256', 'ec:p384', 'ec:p521']) {
    const pair = await generateKeyPair(parseKeySpec(name))
    signers[name] = pair
    const publicKey = readPublicKey(pair.publicKeyDer).key
    const signatures = signAuthentication({ ...device, privateKey: pair.privateKey })
    t.equal(verifyAuthentication({ ...device, publicKey, ...signatures }), 'ok', name)
    t.equal(
      verifyAuthentication({ ...device, publicKey, ...signatures, signedData: flipped(signatures.signedData) }),
      'bad',
      `${name}: flipped`,
    )
    t.equal(verifyAuthentication({ ...device, publicKey, signedData: Buffer.from('no signature') }), 'bad', `${name}: garbage`)
  }
  const sudi = { sessionId: 0xffff_ffff, certificateDer }
  const { privateKey, publicKeyDer } = signers['rsa:1024']!
  t.equal(verifySudi({ ...sudi, publicKey: readPublicKey(publicKeyDer).key, ...signSudi({ ...sudi, privateKey }) }), 'ok', 'SUDI')
})

t.test('SUDI is for RSA, and RSA-512 has no room for SHA-512', async t => {
  const certificateDer = recordedCertificate('mca')
  const ec = await generateKeyPair(parseKeySpec('ec:p256'))
  const publicKey = readPublicKey(ec.publicKeyDer).key
  t.throws(() => signSudi({ sessionId: 1, certificateDer, privateKey: ec.privateKey }), { code: 'PKI_KEY_TYPE' })
  t.equal(verifySudi({ sessionId: 1, certificateDer, publicKey, sha1Signature: Buffer.alloc(64) }), 'bad')
  const { privateKey } = await generateKeyPair(parseKeySpec('rsa:512'))
  t.throws(() => signAuthentication({ deviceName: 'SEP001122334455', certificateDer, privateKey }), { code: 'PKI_KEY_TOO_SMALL' })
})
