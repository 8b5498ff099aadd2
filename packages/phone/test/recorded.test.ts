import { decode, encode, type Message } from '@capfkit/codec/capf'
import t from 'tap'
import type { Credential, MakeKey, PhoneInit } from '../src/index.ts'
import { ANSWERS, type Recording, recordings, said } from './recordings.ts'
import { RSA, World } from './world.ts'

const world = await World.start()
t.teardown(() => world[Symbol.asyncDispose]())
const ownLsc = await world.newLsc(RSA)
const ownMic = await world.newMic()

const EXPECTED: Record<string, object> = {
  'cert-auth-missing': { ok: false, operation: 'unknown', reason: 7, failure: { code: 'PHONE_REFUSED' } },
  'cert-auth-unknown-issuer': { ok: false, operation: 'unknown', reason: 7, failure: { code: 'PHONE_REFUSED', phase: 'auth' } },
  'delete-missing-file': { ok: false, operation: 'delete', reason: 1, failure: { code: 'PHONE_NOTHING_TO_DELETE' } },
  delete: { ok: true, operation: 'delete', reason: 1, lsc: 'deleted' },
  'fetch-missing-file': { ok: false, operation: 'fetch', reason: 0, failure: { code: 'PHONE_NOTHING_TO_FETCH' } },
  fetch: { ok: true, operation: 'fetch', reason: 0, lsc: 'unchanged' },
  'install-cert-auth-rsa-lsc': { ok: true, operation: 'install', reason: 1, lsc: 'installed' },
  'install-ec-secp256r1': { ok: true, operation: 'install', reason: 1, lsc: 'installed' },
  'install-ec-secp521r1': { ok: true, operation: 'install', reason: 1, lsc: 'installed' },
  'install-password-auth': { ok: true, operation: 'install', reason: 1, lsc: 'installed' },
  'install-rsa2048': { ok: true, operation: 'install', reason: 1, lsc: 'installed' },
  'jabber4linux-asis-v2-install': { ok: true, operation: 'install', reason: 1, lsc: 'installed' },
  'jabber4linux-asis-v2-refused': { ok: false, operation: 'unknown', reason: 7, failure: { code: 'PHONE_REFUSED' } },
  'none-cert-auth-rsa-lsc-sudi-mic': { ok: true, operation: 'none', reason: 0 },
  none: { ok: true, operation: 'none', reason: 0 },
  'password-missing': { ok: false, operation: 'unknown', reason: 7, failure: { code: 'PHONE_REFUSED' } },
  'password-wrong': { ok: false, operation: 'unknown', reason: 7, failure: { code: 'PHONE_REFUSED' } },
  'unknown-device': { ok: false, operation: 'unknown', reason: 9, failure: { code: 'PHONE_UNKNOWN_DEVICE' } },
}

const unused = (): never => {
  throw new Error('no session in this recording needs the private key')
}
const sealed = (certificateDer: Buffer): Credential => ({
  certificateDer,
  get privateKey() {
    return unused()
  },
})

/** A phone like the one in the recording, and the key that it made then. */
const likeness = (recording: Recording): Partial<PhoneInit> => {
  const auth = said(recording, 'AUTH_RESPONSE')!
  const fetched = said(recording, 'FETCH_CERTIFICATE_RESPONSE')?.certificate?.certificateDer
  const deleted = said(recording, 'DELETE_CERTIFICATE_RESPONSE')?.reason === 1
  const publicKeyDer = said(recording, 'KEY_GENERATE_RESPONSE')?.publicKeyDer
  const makeKey: MakeKey = async () => ({
    publicKeyDer: publicKeyDer!,
    get privateKey() {
      return unused()
    },
  })
  return {
    deviceName: auth.deviceName,
    protocolVersion: auth.version as 2 | 3,
    makeKey,
    authMode: auth.certificate ? 'lsc' : auth.password ? 'string' : 'null',
    ...(auth.password ? { authString: auth.password } : {}),
    ...(auth.certificate ? { lsc: ownLsc } : {}),
    ...(auth.sudi ? { mic: ownMic, sudi: true } : {}),
    ...(fetched || deleted ? { lsc: sealed(fetched ?? Buffer.from('any')) } : {}),
  }
}

/** What cannot be the same: those keys are not ours. The tags and all other values must be. */
const withoutProofs = (message: Message): object => {
  const { certificate, signedData, sha2SignedData, sudi, ...rest } = message as Message & Record<string, unknown>
  return { ...rest, proofs: [certificate, signedData, sha2SignedData, sudi].map(proof => proof !== undefined) }
}

t.strictSame(
  recordings()
    .map(({ name }) => name)
    .sort(),
  Object.keys(EXPECTED).sort(),
  'every recording has an expectation',
)

for (const recording of recordings()) {
  t.test(recording.name, async t => {
    const phone = world.phone(likeness(recording))
    const { result, peer, scriptErrors } = await world.session(async peer => {
      for (const frame of recording.server) {
        peer.sayBytes(frame)
        const answer = ANSWERS[decode(frame).name]
        if (answer) await peer.hear(answer)
      }
      peer.socket.end()
    }, phone)
    t.strictSame(scriptErrors, [])
    t.match(result, EXPECTED[recording.name]!)
    const then = recording.client.map(frame => decode(frame))
    t.strictSame(peer.heard.map(withoutProofs), then.map(withoutProofs), 'the phone says what was said then')
    // Version 2 has its elements in another order, which is of no consequence [CAPF-2].
    if (
      !then.some(message => 'certificate' in message && message.name === 'AUTH_RESPONSE') &&
      then[0] &&
      !recording.name.includes('v2')
    )
      t.strictSame(peer.heard.map(encode), recording.client, 'byte for byte')
  })
}
