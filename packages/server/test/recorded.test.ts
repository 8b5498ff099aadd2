import type { MessageName } from '@capfkit/codec/capf'
import t from 'tap'
import type { CapfServerInit } from '../src/capf-server.ts'
import type { NewDevice } from '../src/device.ts'
import { inSession, recordedFrames, recordingNames } from './recordings.ts'
import { serve } from './serving.ts'

/** What stands in the store before, and what comes of the session: REASON, status and order. */
type Replay = {
  device: NewDevice | undefined
  reason: number
  after?: { operation: string; status: number }
  init?: Partial<CapfServerInit>
  /** Server frames that are not the recorded ones, and why. */
  differs?: Partial<Record<MessageName, string>>
}

const C001 = { name: 'SEP00000000C001' } as const
const C002 = { name: 'SEP00000000C002', authMode: 'string', authString: '123456' } as const
const installed = { reason: 1, after: { operation: 'none', status: 3 } }
const NEW_CERTIFICATE = { STORE_CERTIFICATE_REQUEST: 'another CA run issues another certificate' }

const REPLAYS: Readonly<Record<string, Replay>> = {
  'install-rsa2048': { device: { ...C001, operation: 'install' }, ...installed, differs: NEW_CERTIFICATE },
  'install-ec-secp256r1': {
    device: { name: 'SEP00000000EC25', operation: 'install', keyOrder: 'ec', ecBits: 256 },
    ...installed,
    differs: NEW_CERTIFICATE,
  },
  'install-ec-secp521r1': {
    device: { name: 'SEP00000000EC52', operation: 'install', keyOrder: 'ec', ecBits: 521 },
    ...installed,
    differs: NEW_CERTIFICATE,
  },
  'install-password-auth': { device: { ...C002, operation: 'install' }, ...installed, differs: NEW_CERTIFICATE },
  'install-cert-auth-rsa-lsc': {
    device: { ...C001, operation: 'install', authMode: 'lsc' },
    ...installed,
    // Its SUDI_DATA is bound to the recorded session: only a server that knows no manufacturer overlooks that.
    init: { micCas: [] },
    differs: NEW_CERTIFICATE,
  },
  'none-cert-auth-rsa-lsc-sudi-mic': { device: { ...C001, authMode: 'lsc' }, reason: 0, after: { operation: 'none', status: 1 } },
  none: { device: C001, reason: 0, after: { operation: 'none', status: 1 } },
  fetch: { device: { ...C001, operation: 'troubleshoot' }, reason: 0, after: { operation: 'none', status: 5 } },
  'fetch-missing-file': { device: { ...C001, operation: 'troubleshoot' }, reason: 0, after: { operation: 'none', status: 5 } },
  delete: { device: { ...C001, operation: 'delete' }, reason: 1, after: { operation: 'none', status: 4 } },
  'delete-missing-file': {
    device: { ...C001, operation: 'delete' },
    reason: 7,
    after: { operation: 'delete', status: 7 },
    differs: { END_SESSION: 'the phone said no: the order is not done [CAPF-3]' },
  },
  'password-missing': { device: { ...C002, operation: 'install' }, reason: 7, after: { operation: 'install', status: 10 } },
  'password-wrong': { device: { ...C002, operation: 'install' }, reason: 7, after: { operation: 'install', status: 10 } },
  'cert-auth-missing': {
    device: { ...C001, operation: 'install', authMode: 'lsc' },
    reason: 7,
    after: { operation: 'install', status: 9 },
  },
  'cert-auth-unknown-issuer': {
    device: { ...C001, operation: 'install', authMode: 'lsc' },
    reason: 7,
    after: { operation: 'install', status: 9 },
  },
  'unknown-device': { device: undefined, reason: 9 },
  'jabber4linux-asis-v2-install': {
    device: { name: 'SEP00000000C004', operation: 'install' },
    ...installed,
    differs: { ...NEW_CERTIFICATE, KEY_GENERATE_REQUEST: 'a version 2 client gets KEY_SIZE alone [CAPF-3.2]' },
  },
  'jabber4linux-asis-v2-refused': {
    device: { name: 'SEP00000000C003' },
    reason: 0,
    after: { operation: 'none', status: 1 },
    differs: { END_SESSION: 'version 2 is no reason to refuse [CAPF-3.2]' },
  },
}

t.test('every recorded session is replayed', async t => {
  t.strictSame(Object.keys(REPLAYS).sort(), recordingNames())
})

for (const [recording, { device, reason, after, init, differs = {} }] of Object.entries(REPLAYS)) {
  t.test(`${recording}: the recorded client gets what it should from this server`, async t => {
    const server = await serve(t, init)
    if (device) await server.store.add([device])
    const frames = recordedFrames(recording)
    const phone = await server.phone()
    let waits = true
    for (const { name, bytes } of frames.filter(({ from }) => from === 'client')) {
      if (waits) await phone.next()
      // REQUEST_IN_PROGRESS is no answer: what comes next follows it at once.
      waits = name !== 'REQUEST_IN_PROGRESS'
      phone.write(inSession(phone.sessionId, bytes))
    }
    t.equal(await phone.reason(), reason)
    if (device) t.match(await server.row(device.name), after!)

    const ours = phone.heard.map(({ name }) => name)
    const theirs = frames.filter(({ from }) => from === 'server')
    t.strictSame(
      ours,
      theirs.map(({ name }) => name),
      'the same messages in the same order',
    )
    for (const [index, { name, bytes }] of theirs.entries())
      if (!differs[name]) t.strictSame(phone.records[index], inSession(phone.sessionId, bytes), `${name}, byte for byte`)
  })
}

t.test('a recorded SUDI_DATA is worth nothing in another session', async t => {
  const server = await serve(t)
  await server.store.add([{ ...C001, operation: 'install', authMode: 'lsc' }])
  const phone = await server.phone()
  await phone.next()
  const { bytes } = recordedFrames('none-cert-auth-rsa-lsc-sudi-mic').find(({ from }) => from === 'client')!
  phone.write(inSession(phone.sessionId, bytes))
  t.equal(await phone.reason(), 7)
  t.match(await server.row(C001.name), { operation: 'install', status: 12 })
  t.match(await server.summary(), { detail: 'SUDI signature bad' })
})
