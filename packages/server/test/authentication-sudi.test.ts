import type { MessageOf } from '@capfkit/codec/capf'
import t from 'tap'
import { type Credential, DAY_MS, flipped, later, newLsc, newMic, proof, recorded, sudiOf } from './certificates.ts'
import { obey } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

type Sudi = NonNullable<MessageOf<'AUTH_RESPONSE'>['sudi']>

const credential = recorded('mic-rsa')

/** A session by existing LSC with SUDI_DATA beside it, made for the id of this session. */
const withSudi = async (server: Serving, options: { deviceName: string; sudi?: (sessionId: number) => Sudi | undefined }) => {
  const { deviceName, sudi = () => undefined } = options
  const phone = await server.phone()
  const { sessionId } = await phone.expect('AUTH_REQUEST')
  const made = sudi(sessionId)
  const lsc = await newLsc({ deviceName })
  phone.say({
    name: 'AUTH_RESPONSE',
    version: 3,
    deviceName,
    ...proof({ credential: lsc, deviceName }),
    ...(made ? { sudi: made } : {}),
  })
  return obey(phone)
}

const ordered = (server: Serving) => server.device({ authMode: 'lsc' })

// [CAPF-4.3]
t.test('SUDI_DATA over the session id and a certificate that names the device is believed', async t => {
  for (const requireSudi of [false, true]) {
    const server = await serve(t, { options: { requireSudi } })
    const deviceName = await ordered(server)
    const mic = await newMic({ deviceName })
    t.equal(await withSudi(server, { deviceName, sudi: sessionId => sudiOf({ credential: mic, sessionId }) }), 1)
    t.match(await server.row(deviceName), { operation: 'none', status: 3 })
  }
})

t.test('one of the two signatures is enough; both must be good', async t => {
  const server = await serve(t, { options: { requireSudi: true } })
  for (const drop of ['sha1Signature', 'sha512Signature'] as const) {
    const deviceName = await ordered(server)
    const mic = await newMic({ deviceName })
    const sudi = (sessionId: number) => {
      const { [drop]: _, ...rest } = sudiOf({ credential: mic, sessionId })
      return rest
    }
    t.equal(await withSudi(server, { deviceName, sudi }), 1, `without ${drop}`)
  }
})

type Wrong = { what: string; status: number; detail: RegExp; sudi(mic: Credential): (sessionId: number) => Sudi | undefined }

const good = (mic: Credential, sessionId: number) => sudiOf({ credential: mic, sessionId })
const swapped = (sessionId: number) => Buffer.from(new Uint32Array([sessionId]).buffer).readUInt32BE()

const WRONG: readonly Wrong[] = [
  { what: 'of another session id', status: 12, detail: /SUDI signature bad/, sudi: mic => id => good(mic, (id + 1) % 2 ** 32) },
  {
    what: 'with a flipped bit in the SHA-1 signature',
    status: 12,
    detail: /SUDI signature bad/,
    sudi: mic => id => ({ ...good(mic, id), sha1Signature: flipped(good(mic, id).sha1Signature!) }),
  },
  {
    what: 'with a flipped bit in the SHA-512 signature',
    status: 12,
    detail: /SUDI signature bad/,
    sudi: mic => id => ({ ...good(mic, id), sha512Signature: flipped(good(mic, id).sha512Signature!) }),
  },
  {
    what: 'without a signature',
    status: 12,
    detail: /SUDI signature missing/,
    sudi:
      ({ certificateDer }) =>
      () => ({ certificateDer }),
  },
  {
    what: 'with the session id the wrong way round',
    status: 12,
    detail: /SUDI signature bad/,
    sudi: mic => id => good(mic, swapped(id) === id ? id + 1 : swapped(id)),
  },
  { what: 'of another device', status: 11, detail: /of another device/, sudi: () => id => good(credential, id) },
  {
    what: 'of nobody who is trusted',
    status: 11,
    detail: /CHAIN_UNKNOWN_ISSUER/,
    sudi: () => id => good(recorded('rogue-rsa'), id),
  },
]

for (const { what, status, detail, sudi } of WRONG) {
  t.test(`SUDI_DATA ${what} is refused beside a good LSC, whether it is required or not`, async t => {
    for (const requireSudi of [false, true]) {
      const server = await serve(t, { options: { requireSudi } })
      const deviceName = await ordered(server)
      const mic = await newMic({ deviceName })
      t.equal(await withSudi(server, { deviceName, sudi: sudi(mic) }), 7)
      t.match(await server.row(deviceName), { operation: 'install', status })
      t.match(await server.summary(deviceName), { detail })
    }
  })
}

t.test('an expired manufacturer certificate in SUDI_DATA is a bad MIC', async t => {
  const server = await serve(t)
  const deviceName = await ordered(server)
  const mic = await newMic({ deviceName, at: later(-31 * DAY_MS), days: 30 })
  t.equal(await withSudi(server, { deviceName, sudi: sessionId => sudiOf({ credential: mic, sessionId }) }), 7)
  t.match(await server.row(deviceName), { operation: 'install', status: 11 })
})

t.test('SUDI_DATA that is left out: fine unless it is required', async t => {
  const lenient = await serve(t)
  t.equal(await withSudi(lenient, { deviceName: await ordered(lenient) }), 1)

  const strict = await serve(t, { options: { requireSudi: true } })
  const deviceName = await ordered(strict)
  t.equal(await withSudi(strict, { deviceName }), 7)
  t.match(await strict.row(deviceName), { operation: 'install', status: 12 })
  t.match(await strict.summary(deviceName), { detail: 'SUDI_DATA is required and was not sent' })
  t.equal(await strict.session(await strict.device()), 1, 'a device by null string is not asked for any')
})

t.test('what was recorded can be replayed without SUDI_DATA, and can not where it is required', async t => {
  for (const { requireSudi, reason } of [
    { requireSudi: false, reason: 1 },
    { requireSudi: true, reason: 7 },
  ]) {
    const server = await serve(t, { options: { requireSudi } })
    const deviceName = await ordered(server)
    const lsc = await newLsc({ deviceName })
    const mic = await newMic({ deviceName })
    const first = await server.phone()
    const { sessionId } = await first.expect('AUTH_REQUEST')
    const answer = { name: 'AUTH_RESPONSE', version: 3, deviceName, ...proof({ credential: lsc, deviceName }) } as const
    const sudi = sudiOf({ credential: mic, sessionId })
    first.say({ ...answer, sudi })
    t.equal(await obey(first), 1)

    await server.store.change(deviceName, { operation: 'install' })
    const thief = await server.phone()
    await thief.expect('AUTH_REQUEST')
    thief.say({ ...answer, ...(requireSudi ? { sudi } : {}) })
    t.equal(await obey(thief), reason, `requireSudi ${requireSudi}`)
  }
})

t.test('a server that knows no manufacturer overlooks SUDI_DATA, or trusts an LSC in it', async t => {
  const lenient = await serve(t, { micCas: [] })
  t.equal(
    await withSudi(lenient, {
      deviceName: await ordered(lenient),
      sudi: () => ({ certificateDer: Buffer.from('garbage'), sha1Signature: Buffer.from('garbage') }),
    }),
    1,
  )
  const strict = await serve(t, { micCas: [], options: { requireSudi: true } })
  const deviceName = await ordered(strict)
  const lsc = await newLsc({ deviceName })
  t.equal(await withSudi(strict, { deviceName, sudi: sessionId => sudiOf({ credential: lsc, sessionId }) }), 1)
  const other = await ordered(strict)
  const mic = await newMic({ deviceName: other })
  t.equal(await withSudi(strict, { deviceName: other, sudi: sessionId => sudiOf({ credential: mic, sessionId }) }), 7)
  t.match(await strict.row(other), { status: 11 })
})
