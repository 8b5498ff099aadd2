import { CERTIFICATE_TYPE } from '@capfkit/codec/capf'
import t from 'tap'
import { DAY_MS, later, newLsc, newMic, recorded } from './certificates.ts'
import { obey, type ScriptedPhone, showing, storedOn } from './scripted-phone.ts'
import { type Serving, serve } from './serving.ts'

/** A device with an LSC from this server and an order to show it. */
const installed = async ({ device, phone, store }: Serving, order: 'troubleshoot' | 'delete') => {
  const name = await device()
  const own = await phone()
  await own.greet(name)
  await obey(own)
  await store.change(name, { operation: order })
  return { name, certificateDer: storedOn(own)! }
}

const fetchTypes = (phone: ScriptedPhone) =>
  phone.heard.flatMap(message => (message.name === 'FETCH_CERTIFICATE_REQUEST' ? [message.certificateType] : []))

// [CAPF-3]
t.test('delete: the phone is told to, and the certificate is forgotten with its yes', async t => {
  const server = await serve(t)
  const { name } = await installed(server, 'delete')
  t.ok((await server.row(name)).certificate)
  t.equal(await server.session(name), 1)
  t.match(await server.row(name), { operation: 'none', status: 4, certificate: undefined })
  t.match(await server.summary(), { operation: 'delete', status: 'CAPF_OP_SUCCESS', state: 'AWAIT_DELETE_CERT_RESP' })
})

t.test('delete: a phone that says no keeps its order and its certificate on record, and may come again', async t => {
  const server = await serve(t)
  const { name } = await installed(server, 'delete')
  const refuse = () => ({ name: 'DELETE_CERTIFICATE_RESPONSE', reason: 7 }) as const
  t.equal(await server.session(name, { DELETE_CERTIFICATE_REQUEST: refuse }), 7)
  const after = await server.row(name)
  t.match(after, { operation: 'delete', status: 7 })
  t.ok(after.certificate)
  t.match(await server.summary(), { status: 'CAPF_OP_FAIL', detail: 'the phone answered REASON 7' })
  t.equal(await server.session(name), 1)
  t.match(await server.row(name), { operation: 'none', status: 4 })
})

t.test('troubleshoot: the LSC as it was issued is fine, and stays on record', async t => {
  const server = await serve(t)
  const { name, certificateDer } = await installed(server, 'troubleshoot')
  const own = await server.phone()
  await own.greet(name)
  t.equal(await obey(own, { FETCH_CERTIFICATE_REQUEST: () => showing(certificateDer) }), 0)
  t.strictSame(fetchTypes(own), [undefined], 'the phone chooses what it shows')
  const after = await server.row(name)
  t.match(after, { operation: 'none', status: 5 })
  t.strictSame(after.certificate?.certificateDer, certificateDer)
})

t.test('troubleshoot: a phone without a certificate has answered too', async t => {
  const server = await serve(t)
  const name = await server.device({ operation: 'troubleshoot' })
  t.equal(await server.session(name), 0)
  t.match(await server.row(name), { operation: 'none', status: 5 })
  t.match(await server.summary(), { status: 'CAPF_FETCH_SUCCESS_BUT_NO_CERT', reason: 0 })
})

t.test('troubleshoot: what the phone shows must be its own', async t => {
  const server = await serve(t)
  const someone = 'SEPFFFFFFFFFFFF'
  const cases = [
    {
      what: 'another LSC than the one on record',
      onRecord: true,
      show: (name: string) => newLsc({ deviceName: name }),
      status: 27,
    },
    { what: 'the LSC of another device', onRecord: false, show: () => newLsc({ deviceName: someone }), status: 27 },
    { what: 'a self-signed certificate', onRecord: false, show: async () => recorded('rogue-rsa'), status: 27 },
    { what: 'the MIC of another device', onRecord: true, show: () => newMic({ deviceName: someone }), status: 29 },
    {
      what: 'an LSC of the store before this one',
      onRecord: false,
      show: (name: string) => newLsc({ deviceName: name }),
      status: 5,
    },
    { what: 'its MIC', onRecord: true, show: (name: string) => newMic({ deviceName: name }), status: 5 },
    {
      what: 'its LSC, which has ended: worth knowing, and no failure of the fetch',
      onRecord: false,
      show: (name: string) => newLsc({ deviceName: name, at: later(-40 * DAY_MS), days: 30 }),
      status: 5,
    },
    {
      what: 'an LSC that is not valid yet',
      onRecord: false,
      show: (name: string) => newLsc({ deviceName: name, at: later(DAY_MS) }),
      status: 27,
    },
  ]
  for (const { what, onRecord, show, status } of cases) {
    const name = onRecord ? (await installed(server, 'troubleshoot')).name : await server.device({ operation: 'troubleshoot' })
    const { certificateDer } = await show(name)
    const reason = await server.session(name, { FETCH_CERTIFICATE_REQUEST: () => showing(certificateDer) })
    t.equal(reason, status === 5 ? 0 : 7, what)
    t.match(await server.row(name), { operation: status === 5 ? 'none' : 'troubleshoot', status }, what)
    if (onRecord) t.ok((await server.row(name)).certificate, 'the record of the LSC is not touched')
  }
  const name = await server.device({ operation: 'troubleshoot' })
  t.equal(await server.session(name, { FETCH_CERTIFICATE_REQUEST: () => showing(Buffer.from('no certificate')) }), 7, 'garbage')
  t.match(await server.row(name), { operation: 'troubleshoot', status: 27 })
})

t.test('troubleshoot: the server asks for the types that it is configured for, one after the other', async t => {
  const { LSC, MIC } = CERTIFICATE_TYPE
  for (const [types, asked] of Object.entries({ any: [undefined], lsc: [LSC], mic: [MIC], both: [LSC, MIC] })) {
    const server = await serve(t, { options: { fetchTypes: types as 'any' } })
    const name = await server.device({ operation: 'troubleshoot' })
    const lsc = await newLsc({ deviceName: name })
    const mic = await newMic({ deviceName: name })
    const own = await server.phone()
    await own.greet(name)
    const show = ({ certificateType = LSC }: { certificateType?: number }) =>
      showing((certificateType === MIC ? mic : lsc).certificateDer, certificateType)
    t.equal(await obey(own, { FETCH_CERTIFICATE_REQUEST: show }), 0, types)
    t.strictSame(fetchTypes(own), asked, types)
    t.match(await server.row(name), { operation: 'none', status: 5 })
  }
})

t.test('troubleshoot: one certificate of two is a certificate', async t => {
  const server = await serve(t, { options: { fetchTypes: 'both' } })
  for (const only of [CERTIFICATE_TYPE.LSC, CERTIFICATE_TYPE.MIC]) {
    const name = await server.device({ operation: 'troubleshoot' })
    const { certificateDer } = await (only === CERTIFICATE_TYPE.MIC ? newMic : newLsc)({ deviceName: name })
    const answer = ({ certificateType }: { certificateType?: number }) =>
      certificateType === only ? showing(certificateDer, only) : ({ name: 'FETCH_CERTIFICATE_RESPONSE', reason: 7 } as const)
    t.equal(await server.session(name, { FETCH_CERTIFICATE_REQUEST: answer }), 0)
    t.match(await server.summary(), { status: 'CAPF_OP_SUCCESS' }, `only type ${only}`)
  }
  const name = await server.device({ operation: 'troubleshoot' })
  t.equal(await server.session(name), 0)
  t.match(await server.summary(), { status: 'CAPF_FETCH_SUCCESS_BUT_NO_CERT' }, 'neither')
})

t.test('nothing to do: REASON 0, and the row is not touched', async t => {
  const server = await serve(t)
  const name = await server.device({ operation: 'none', status: 13 })
  t.equal(await server.session(name), 0)
  t.match(await server.row(name), { operation: 'none', status: 13 })
  t.match(await server.summary(), { deviceName: name, operation: undefined, status: undefined, reason: 0, detail: undefined })
})

t.test('an unknown device: REASON 9, and no row is made', async t => {
  const server = await serve(t)
  t.equal(await server.session('SEPFFFFFFFFFFFF'), 9)
  t.equal(await server.store.count(), 0)
  t.match(await server.summary(), { deviceName: 'SEPFFFFFFFFFFFF', reason: 9, detail: 'no device of this name in the store' })
})
