import { REASON } from '@capfkit/codec/capf'
import { parseCertificate, readPublicKey, verifyAuthentication, verifySudi } from '@capfkit/pki'
import t from 'tap'
import { DEVICE, goodbye, greet, install, RSA, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

t.test('the key in the new LSC is the one that was made, and signs for the next session', async t => {
  const { phone } = await world.session(async peer => {
    await greet(peer)
    await install(peer, { world })
    goodbye(peer)
  })
  phone.configure({ authMode: 'lsc' })
  const { result, peer } = await world.session(async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }, phone)
  t.ok(result.ok)
  const said = peer.heard[0]!
  if (said.name !== 'AUTH_RESPONSE' || !said.certificate) return t.fail('no certificate')
  const { certificateDer } = said.certificate
  const publicKey = readPublicKey(parseCertificate(certificateDer).publicKeyDer).key
  const { deviceName, signedData, sha2SignedData } = said
  t.equal(
    verifyAuthentication({ deviceName, certificateDer, publicKey, signedData, sha2SignedData: sha2SignedData?.signature }),
    'ok',
  )
})

t.test('says nothing but its name in mode null, with an empty PASSWORD', async t => {
  const { peer, result } = await world.session(async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  })
  t.match(result, { ok: true, operation: 'none', lsc: 'unchanged', reason: REASON.NO_ACTION })
  t.strictSame(peer.heard, [
    { name: 'AUTH_RESPONSE', sessionId: 0xc0ffee01, reason: 1, version: 3, password: '', deviceName: DEVICE },
  ])
})

t.test('accepts AUTH_REQUEST without AUTH_TYPE', async t => {
  const { result } = await world.session(async peer => {
    peer.say({ name: 'AUTH_REQUEST', version: 3 })
    await peer.hear('AUTH_RESPONSE')
    goodbye(peer, REASON.NO_ACTION)
  })
  t.ok(result.ok)
})

t.test('sends the authentication string in mode string', async t => {
  const phone = world.phone({ authMode: 'string', authString: '123456' })
  const { peer } = await world.session(async peer => {
    await greet(peer)
    goodbye(peer, REASON.NO_ACTION)
  }, phone)
  t.match(peer.heard[0], { password: '123456' })
})

t.test('mode lsc shows the LSC first and else the MIC, mode mic the MIC alone', async t => {
  const [lsc, mic] = await Promise.all([world.newLsc(RSA), world.newMic()])
  const cases = [
    { init: { authMode: 'lsc', lsc, mic }, shows: lsc, certificateType: 1 },
    { init: { authMode: 'lsc', mic }, shows: mic, certificateType: 2 },
    { init: { authMode: 'mic', lsc, mic }, shows: mic, certificateType: 2 },
  ] as const
  for (const { init, shows, certificateType } of cases) {
    const { peer } = await world.session(async peer => {
      await greet(peer)
      goodbye(peer, REASON.NO_ACTION)
    }, world.phone(init))
    const said = peer.heard[0]
    if (said?.name !== 'AUTH_RESPONSE') return t.fail('no AUTH_RESPONSE')
    t.strictSame(said.certificate, { certificateType, certificateDer: shows.certificateDer })
    const { certificateDer } = shows
    const publicKey = readPublicKey(parseCertificate(certificateDer).publicKeyDer).key
    const { deviceName, signedData, sha2SignedData } = said
    t.equal(sha2SignedData?.digestType, 3)
    const signatures = { signedData, sha2SignedData: sha2SignedData?.signature }
    t.equal(verifyAuthentication({ deviceName, certificateDer, publicKey, ...signatures }), 'ok')
    t.notOk(said.sudi)
  }
})

t.test('SUDI_DATA is signed for each session anew, the other signatures once', async t => {
  const mic = await world.newMic()
  let asked = 0
  const counted = {
    certificateDer: mic.certificateDer,
    get privateKey() {
      asked++
      return mic.privateKey
    },
  }
  const plain = world.phone({ authMode: 'mic', mic: counted })
  for (let round = 0; round < 3; round++) {
    await world.session(async peer => {
      await greet(peer)
      goodbye(peer, REASON.NO_ACTION)
    }, plain)
  }
  t.equal(asked, 1, 'the private key is asked for once in three sessions')

  const sudiPhone = world.phone({ authMode: 'null', mic, sudi: true })
  for (const sessionId of [1, 0xfffffffe]) {
    const { peer } = await world.session(async peer => {
      peer.say({ name: 'AUTH_REQUEST', version: 3, sessionId })
      await peer.hear('AUTH_RESPONSE')
      peer.say({ name: 'END_SESSION', reason: 0, sessionId })
    }, sudiPhone)
    const said = peer.heard[0]
    if (said?.name !== 'AUTH_RESPONSE' || !said.sudi) return t.fail('no SUDI_DATA')
    const publicKey = readPublicKey(parseCertificate(mic.certificateDer).publicKeyDer).key
    t.equal(verifySudi({ sessionId, publicKey, ...said.sudi }), 'ok')
  }
})

t.test('an EC MIC is never sent as SUDI_DATA', async t => {
  const mic = await world.newMic({ type: 'ec', curve: 'secp256r1' })
  const { peer } = await world.session(
    async peer => {
      await greet(peer)
      goodbye(peer, REASON.NO_ACTION)
    },
    world.phone({ authMode: 'mic', mic, sudi: true }),
  )
  t.match(peer.heard[0], { name: 'AUTH_RESPONSE', certificate: { certificateType: 2 } })
  t.notHas(peer.heard[0], { sudi: {} })
})
