import { constants, createPublicKey, hash, publicDecrypt, verify } from 'node:crypto'
import { REASON } from '@capfkit/codec/capf'
import t from 'tap'
import { goodbye, greet, install, KEY_REQUESTS, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())

const namesFrom = (messages: readonly { from: string; name: string }[]) => messages.map(({ from, name }) => `${from} ${name}`)

for (const key of Object.keys(KEY_REQUESTS) as (keyof typeof KEY_REQUESTS)[]) {
  t.test(`installs an LSC for a new key: ${key}`, async t => {
    let issued: Buffer | undefined
    const { phone, result, scriptErrors } = await world.session(async peer => {
      await greet(peer)
      issued = (await install(peer, { world, key })).certificateDer
      goodbye(peer)
    })
    t.strictSame(scriptErrors, [])
    t.match(result, { ok: true, operation: 'install', lsc: 'installed', reason: REASON.DONE, sessionId: 0xc0ffee01 })
    t.notOk(result.failure)
    t.strictSame(phone.lsc?.certificateDer, issued, 'keeps exactly the certificate that was sent')
    t.equal(phone.lsc?.privateKey.type, 'private')
    t.equal(phone.lscMenu, 'Installed')
    t.strictSame(namesFrom(result.messages), [
      'server AUTH_REQUEST',
      'client AUTH_RESPONSE',
      'server KEY_GENERATE_REQUEST',
      'client REQUEST_IN_PROGRESS',
      'client KEY_GENERATE_RESPONSE',
      'server STORE_CERTIFICATE_REQUEST',
      'client STORE_CERTIFICATE_RESPONSE',
      'server END_SESSION',
    ])
    t.strictSame(Object.keys(result.phasesMs), ['connect', 'tls', 'greeting', 'auth', 'keyGeneration', 'issue', 'store', 'end'])
    const sum = Object.values(result.phasesMs).reduce((a, b) => a + b, 0)
    t.ok(Math.abs(sum - result.totalMs) < 0.001, 'the phases add up to the whole')
  })
}

t.test('protocol version 2: no PASSWORD, no REQUEST_IN_PROGRESS, no EC', async t => {
  const phone = world.phone({ deviceName: 'CSFJDOE', model: 'CSF', authMode: 'string', authString: '123456' })
  const { peer, result } = await world.session(async peer => {
    await greet(peer)
    await install(peer, { world, key: 'rsa without KEY_TYPE' })
    goodbye(peer)
  }, phone)
  t.ok(result.ok)
  t.strictSame(peer.heard[0], { name: 'AUTH_RESPONSE', sessionId: 0xc0ffee01, reason: 1, version: 2, deviceName: 'CSFJDOE' })
  t.notMatch(namesFrom(result.messages), ['client REQUEST_IN_PROGRESS'])

  const refused = await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
    const { reason, publicKeyDer } = await peer.hear('KEY_GENERATE_RESPONSE')
    t.strictSame([reason, publicKeyDer], [REASON.REFUSED, undefined])
    goodbye(peer, REASON.REFUSED)
  }, phone)
  t.match(refused.result, { ok: false, failure: { code: 'PHONE_KEY_TYPE_UNSUPPORTED', side: 'server' }, reason: REASON.REFUSED })
})

t.test('fetch shows the LSC, or the MIC where CERTIFICATE_TYPE is 2', async t => {
  const [lsc, mic] = await Promise.all([world.newLsc(), world.newMic()])
  for (const [certificateType, shown] of [
    [undefined, lsc],
    [1, lsc],
    [2, mic],
  ] as const) {
    const { result, peer } = await world.session(async peer => {
      await greet(peer)
      peer.say({ name: 'FETCH_CERTIFICATE_REQUEST', ...(certificateType ? { certificateType } : {}) })
      await peer.hear('FETCH_CERTIFICATE_RESPONSE')
      goodbye(peer, REASON.NO_ACTION)
    }, world.phone({ lsc, mic }))
    t.match(result, { ok: true, operation: 'fetch', lsc: 'unchanged' })
    t.match(peer.heard[1], { reason: REASON.DONE, certificate: { certificateDer: shown.certificateDer } })
  }
})

t.test('delete removes the LSC and never the MIC', async t => {
  const [lsc, mic] = await Promise.all([world.newLsc(), world.newMic()])
  const phone = world.phone({ lsc, mic })
  const ask = (certificateType?: number) =>
    world.session(async peer => {
      await greet(peer)
      peer.say({ name: 'DELETE_CERTIFICATE_REQUEST', ...(certificateType ? { certificateType } : {}) })
      await peer.hear('DELETE_CERTIFICATE_RESPONSE')
      goodbye(peer)
    }, phone)

  const refused = await ask(2)
  t.match(refused.result, { ok: false, lsc: 'unchanged', failure: { code: 'PHONE_NOTHING_TO_DELETE' } })
  t.ok(phone.mic)
  const { result, peer } = await ask()
  t.match(result, { ok: true, operation: 'delete', lsc: 'deleted' })
  t.match(peer.heard[1], { reason: REASON.DONE })
  t.equal(phone.lsc, undefined)
  t.equal(phone.lscMenu, 'Not Installed')
})

t.test('fetch and delete without a certificate answer REASON 7', async t => {
  for (const [name, answer, code] of [
    ['FETCH_CERTIFICATE_REQUEST', 'FETCH_CERTIFICATE_RESPONSE', 'PHONE_NOTHING_TO_FETCH'],
    ['DELETE_CERTIFICATE_REQUEST', 'DELETE_CERTIFICATE_RESPONSE', 'PHONE_NOTHING_TO_DELETE'],
  ] as const) {
    const { result, peer } = await world.session(async peer => {
      await greet(peer)
      peer.say({ name })
      await peer.hear(answer)
      goodbye(peer, REASON.NO_ACTION)
    })
    t.match(peer.heard[1], { reason: REASON.REFUSED })
    t.match(result, { ok: false, failure: { code, side: 'client' } })
  }
})

t.test('several operations in one session, up to a bound', async t => {
  const phone = world.phone({ lsc: await world.newLsc() })
  const { result } = await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'DELETE_CERTIFICATE_REQUEST' })
    await peer.hear('DELETE_CERTIFICATE_RESPONSE')
    await install(peer, { world })
    peer.say({ name: 'FETCH_CERTIFICATE_REQUEST' })
    await peer.hear('FETCH_CERTIFICATE_RESPONSE')
    goodbye(peer)
  }, phone)
  t.match(result, { ok: true, operation: 'fetch', lsc: 'installed' })

  const endless = await world.session(async peer => {
    await greet(peer)
    while (!peer.isClosed) {
      peer.say({ name: 'FETCH_CERTIFICATE_REQUEST' })
      await peer.hear('FETCH_CERTIFICATE_RESPONSE')
    }
  }, phone)
  t.match(endless.result, { ok: false, failure: { code: 'PHONE_TOO_MANY_OPERATIONS' } })
})

t.test('several frames in one record, and one frame in many', async t => {
  const phone = world.phone({ lsc: await world.newLsc() })
  const together = await world.session(async peer => {
    await greet(peer)
    peer.socket.cork()
    peer.say({ name: 'FETCH_CERTIFICATE_REQUEST' })
    peer.say({ name: 'END_SESSION', reason: 0 })
    peer.socket.uncork()
  }, phone)
  t.match(together.result, { ok: true, operation: 'fetch' })

  const apart = await world.session(async peer => {
    for (const byte of Buffer.from('5501c0ffee0100080700010308000100', 'hex')) {
      peer.sayBytes(Buffer.of(byte))
      await new Promise(setImmediate)
    }
    await peer.hear('AUTH_RESPONSE')
    goodbye(peer, REASON.NO_ACTION)
  }, phone)
  t.ok(apart.result.ok)
})

const signRequests = { options: { signRequests: true } }

// [CAPF-3.7]
t.test('a phone that was told to offers to sign a request, and signs it with the key just made', async t => {
  const digest = hash('sha256', 'a CertificationRequestInfo', 'buffer')
  const { result } = await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['rsa:2048'] })
    const { publicKeyDer, digestType } = await peer.hear('KEY_GENERATE_RESPONSE')
    t.equal(digestType, 2)
    peer.say({ name: 'SIGN_CERTIFICATE_REQUEST', digestType: 2, signedData: digest })
    const { signedData } = await peer.hear('SIGN_CERTIFICATE_RESPONSE')
    const key = createPublicKey({ key: publicKeyDer!, format: 'der', type: 'spki' })
    t.ok(verify('sha256', Buffer.from('a CertificationRequestInfo'), key, signedData), 'an ordinary PKCS#1 v1.5 signature')
    t.equal(publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signedData).length, 19 + 32)
    const certificate = { certificateType: 1, certificateDer: await world.lscFor(publicKeyDer!) }
    peer.say({ name: 'STORE_CERTIFICATE_REQUEST', certificate })
    await peer.hear('STORE_CERTIFICATE_RESPONSE')
    goodbye(peer)
  }, world.phone(signRequests))
  t.match(result, { ok: true, operation: 'install', lsc: 'installed' })
})

t.test('a phone offers nothing that it was not told to, or cannot do', async t => {
  const cases = [
    { phone: world.phone(), key: 'rsa:2048' },
    { phone: world.phone(signRequests), key: 'ec:p256' },
    { phone: world.phone({ ...signRequests, model: 'CSF' }), key: 'rsa without KEY_TYPE' },
  ] as const
  for (const { phone, key } of cases)
    await world.session(async peer => {
      await greet(peer)
      peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS[key] })
      t.strictSame(Object.keys(await peer.hear('KEY_GENERATE_RESPONSE')), ['name', 'sessionId', 'publicKeyDer'])
      goodbye(peer, REASON.REFUSED)
    }, phone)
})

// [CAPF-3.8]
t.test('a certificate that comes with a later session is for the key that the phone has kept', async t => {
  const phone = world.phone()
  let publicKeyDer: Buffer | undefined
  const first = await world.session(async peer => {
    await greet(peer)
    peer.say({ name: 'KEY_GENERATE_REQUEST', ...KEY_REQUESTS['ec:p256'] })
    publicKeyDer = (await peer.hear('KEY_GENERATE_RESPONSE')).publicKeyDer
    goodbye(peer, REASON.NO_ACTION)
  }, phone)
  t.match(first.result, { ok: false, failure: { code: 'PHONE_CERTIFICATE_LATER', phase: 'issue' } })
  t.strictSame(phone.statusMessages, [], 'which no phone shows as a failure')

  const certificateDer = await world.lscFor(publicKeyDer!)
  const store = (certificateDer: Buffer) =>
    world.session(async peer => {
      await greet(peer)
      peer.say({ name: 'STORE_CERTIFICATE_REQUEST', certificate: { certificateType: 1, certificateDer } })
      const { reason } = await peer.hear('STORE_CERTIFICATE_RESPONSE')
      goodbye(peer, reason)
    }, phone)
  const other = await store((await world.newLsc()).certificateDer)
  t.match(other.result, { ok: false, operation: 'install', failure: { code: 'PHONE_WRONG_CERTIFICATE' } }, 'not for another key')
  const second = await store(certificateDer)
  t.match(second.result, { ok: true, operation: 'install', lsc: 'installed' })
  t.strictSame(phone.lsc?.certificateDer, certificateDer)
  const third = await store(certificateDer)
  t.match(third.result, { ok: false, failure: { code: 'PHONE_WRONG_CERTIFICATE' } }, 'and not a second time')
  t.strictSame(phone.lsc?.certificateDer, certificateDer, 'the LSC stays')
})
