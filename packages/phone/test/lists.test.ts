import { FileSigner, resetTrustList, type FileSigner as Signer } from '@capfkit/pki'
import t from 'tap'
import { memoryFlash, type Phone } from '../src/index.ts'
import { Cluster, shown, steps, USUAL } from './cluster.ts'
import { credential, recorded } from './credentials.ts'
import { DEVICE } from './world.ts'

const cluster = await Cluster.start()
t.teardown(() => cluster[Symbol.asyncDispose]())

const MEMBERS = [{ priority: 0, port: 2445, address: 'pub.example' }]
const CONFIG = { fullConfig: true, tvs: MEMBERS, capfAuthMode: 'none' } as const
const itl = await cluster.list()
const signerOf = (name: string): Signer => new FileSigner(credential(name))

/** A phone that has booted once in this cluster, with an ITL and the address of its TVS. */
const settled = async (first = itl): Promise<Phone> => {
  await cluster.serve({ itl: first, config: CONFIG })
  const phone = cluster.phone({ flash: memoryFlash() })
  t.ok((await cluster.boot(phone)).ok)
  return phone
}

/** What a phone that has a list does about another one. */
const offer = async (phone: Phone, what: { itl?: Buffer; ctl?: Buffer }) => {
  const { confirmed } = cluster
  await cluster.serve({ ...what, config: CONFIG })
  cluster.confirmed = confirmed
  const before = shown(phone).length
  const result = await cluster.boot(phone)
  return { result, shown: shown(phone).slice(before), codes: cluster.console.map(({ code }) => code) }
}

t.test('the first list is taken on faith, a later one by a signer of the list that the phone has', async t => {
  const phone = await settled()
  t.ok(cluster.console.some(({ code }) => code === 'LIST_FAITH'))
  const again = await offer(phone, { itl })
  t.ok(again.result.ok)
  t.notOk(again.shown.includes('Trust List Updated'), 'the same list is no news')
  const newer = await cluster.list({ records: [...USUAL, { role: 'APP-SERVER', of: 'app' }] })
  const taken = await offer(phone, { itl: newer })
  t.match(taken, { result: { ok: true }, shown: ['Trust List Updated'] })
  t.notOk(taken.codes.includes('LIST_FAITH'))
  t.not(taken.result.trustLists.ITL, again.result.trustLists.ITL)
})

t.test('a list of another cluster: the old one stays, and the phone says so', async t => {
  const foreign = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }, ...USUAL.slice(1)] })
  const phone = await settled()
  const kept = (await cluster.boot(phone)).trustLists.ITL
  const refused = await offer(phone, { itl: foreign })
  t.match(refused, {
    result: { ok: false, failure: { code: 'BOOT_TVS_DENIED', step: 'itl' } },
    shown: ['Trust List Update Failed'],
  })
  t.equal(refused.result.trustLists.ITL, kept)
  t.ok(refused.result.config, 'the phone goes on with what it has')
  t.match(cluster.tvs.heard, [{ name: 'VERIFY_REQUEST', deviceName: `CP-8861-${DEVICE}` }])
})

t.test('a new signer that TVS confirms is believed, if its role lets it sign', async t => {
  const changed = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }, ...USUAL.slice(1)] })
  const certificateDer = cluster.certificateOf('sast2')
  for (const [roles, code] of [
    [['CAPF'], 'BOOT_TVS_DENIED'],
    [[], 'BOOT_TVS_DENIED'],
    [['SAST'], undefined],
    [['CCM+TFTP'], undefined],
  ] as const) {
    const phone = await settled()
    cluster.confirmed = [{ certificateDer, roles }]
    const { result } = await offer(phone, { itl: changed })
    t.equal(result.failure?.code, code, `roles ${roles}`)
  }
})

t.test('nobody to ask: TVS that is down, is a stranger, or was never named', async t => {
  const changed = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }, ...USUAL.slice(1)] })
  const phone = await settled()
  cluster.tvs.script = (_, socket) => void socket.destroy()
  t.match(await offer(phone, { itl: changed }), { result: { failure: { code: 'BOOT_TVS_UNREACHABLE' } } })
  cluster.tvs.script = question => cluster.confirm(question)

  const other = await settled(
    await cluster.list({ records: USUAL.map(entry => (entry.of === 'tvs' ? { ...entry, of: 'tvs-ec' } : entry)) }),
  )
  const asked = await offer(other, { itl: changed })
  t.match(asked, { result: { failure: { code: 'BOOT_TVS_UNREACHABLE' } } })
  t.ok(asked.codes.includes('NO_MATCH'))
  t.strictSame(cluster.tvs.heard, [], 'a stranger is asked nothing')

  const without = await settled(await cluster.list({ records: USUAL.filter(({ of }) => of !== 'tvs') }))
  t.match(await offer(without, { itl: changed }), { result: { failure: { code: 'BOOT_TVS_NONE' } } })
})

t.test('a damaged list is refused, whatever was damaged: the old one stays', async t => {
  const recordedList = recorded('sha1/ITLFile.tlv')
  for (const [name, bytes, code] of [
    ['cut short', recordedList.subarray(0, 5000), 'BOOT_LIST_MALFORMED'],
    ['empty', Buffer.alloc(0), 'BOOT_LIST_MALFORMED'],
    ['not a list', Buffer.from('<html>404</html>'), 'BOOT_LIST_MALFORMED'],
    ['one bit of the file name', recorded('bad-flip-filename.tlv'), 'BOOT_BAD_SIGNATURE'],
    ['64 KB and more', Buffer.alloc(70_000, 1), 'BOOT_FILE_TOO_LARGE'],
  ] as const) {
    await cluster.serve({ itl: bytes, config: CONFIG })
    const fresh = cluster.phone()
    const first = await cluster.boot(fresh)
    t.match(first, { ok: false, failure: { code, step: 'itl' }, trustLists: {} }, name)
    t.strictSame(shown(fresh).slice(0, 2), ['Trust List Update Failed', 'No Trust List Installed'], name)
    const phone = await settled()
    const { result } = await offer(phone, { itl: bytes })
    t.equal(result.ok, false, name)
    t.ok(result.trustLists.ITL, `${name}: the old list stays`)
  }
})

t.test('the recovery form of a list is believed by phones that know the recovery key, and no others', async t => {
  const records = [{ role: 'SAST', of: 'sast2' }, ...USUAL] as const
  const known = await cluster.list({ records })
  const reset = await resetTrustList(await cluster.list({ records, signer: 'tftp' }), { signer: signerOf('sast2') })
  t.match(await offer(await settled(known), { itl: reset }), { result: { ok: true }, shown: ['Trust List Updated'] })
  const stranger = await resetTrustList(itl, { signer: signerOf('capf') })
  t.match(await offer(await settled(known), { itl: stranger }), { result: { ok: false, failure: { code: 'BOOT_SIGNER_MISSING' } } })
})

t.test('an ITL is believed by a signer of the CTL, and the other way round', async t => {
  const ctl = await cluster.list({ fileName: 'CTLFile.tlv' })
  await cluster.serve({ ctl, itl, config: CONFIG })
  const phone = cluster.phone()
  const result = await cluster.boot(phone)
  t.match(result, { ok: true, trustLists: { CTL: /^[0-9a-f]{40}$/, ITL: /^[0-9a-f]{40}$/ } })
  t.strictSame(shown(phone).slice(0, 2), ['Trust List Updated', 'Trust List Updated'])
  t.equal(cluster.console.filter(({ code }) => code === 'LIST_FAITH').length, 1, 'faith is for the first one alone')
  const stranger = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }] })
  await cluster.serve({ ctl, itl: stranger, config: CONFIG })
  t.match(await cluster.boot(cluster.phone()), {
    ok: false,
    failure: { step: 'itl', code: 'BOOT_TVS_NONE' },
    trustLists: { CTL: /./ },
  })
})

t.test('after the empty list of a rollback the next one is taken on faith', async t => {
  const phone = await settled()
  const empty = await cluster.list({ records: [] })
  t.match((await offer(phone, { itl: empty })).result, { ok: true })
  t.equal(cluster.http.asked.at(-1), `${DEVICE}.cnf.xml`, 'nobody is left who could sign a configuration')
  const foreign = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }, ...USUAL.slice(1)] })
  const { codes, result } = await offer(phone, { itl: foreign })
  t.ok(result.ok)
  t.ok(codes.includes('LIST_FAITH'))
})

t.test('erased, a phone takes the list of another cluster; its LSC stays', async t => {
  const phone = await settled()
  const foreign = await cluster.list({ signer: 'sast2', records: [{ role: 'SAST', of: 'sast2' }, ...USUAL.slice(1)] })
  t.notOk((await offer(phone, { itl: foreign })).result.ok)
  await phone.eraseTrust()
  t.ok((await offer(phone, { itl: foreign })).result.ok)
})

t.test('SHA-512 is for phones of today', async t => {
  const list = await cluster.list({ digest: 'sha512' })
  await cluster.serve({ itl: list, config: CONFIG })
  cluster.files.set(`${DEVICE}.cnf.xml.sgn`, await cluster.signed(CONFIG, { digest: 'sha512' }))
  t.match(await cluster.boot(cluster.phone()), { ok: true })
  t.match(await cluster.boot(cluster.phone({ model: '7962' })), {
    ok: false,
    failure: { step: 'itl', code: 'BOOT_DIGEST_UNKNOWN' },
  })
})

t.test('a configuration is believed by a file server of the list, or by one that TVS names', async t => {
  const refusals: [string, Buffer, string][] = [
    ['not signed', Buffer.from('<device/>'), 'BOOT_NOT_SIGNED'],
    ['made for another phone', await cluster.signed(CONFIG, { name: 'SEP000000000099.cnf.xml.sgn' }), 'BOOT_WRONG_FILE'],
    ['by a token, who is no file server', await cluster.signed(CONFIG, { signer: 'sast1' }), 'BOOT_TVS_DENIED'],
    ['by a stranger', await cluster.signed(CONFIG, { signer: 'sast2' }), 'BOOT_TVS_DENIED'],
    ['cut in its header', (await cluster.signed(CONFIG)).subarray(0, 100), 'BOOT_FILE_BROKEN'],
    ['cut in its content', (await cluster.signed(CONFIG)).subarray(0, -3), 'BOOT_BAD_SIGNATURE'],
    ['not XML', await cluster.signed(Buffer.from('<device>')), 'BOOT_BAD_CONFIG'],
    ['not a configuration', await cluster.signed(Buffer.from('<html></html>')), 'BOOT_BAD_CONFIG'],
  ]
  for (const [name, bytes, code] of refusals) {
    const phone = await settled()
    const { confirmed } = cluster
    cluster.files.set(`${DEVICE}.cnf.xml.sgn`, bytes)
    cluster.confirmed = confirmed
    const result = await cluster.boot(phone)
    t.match(result, { ok: false, failure: { code, step: 'config' } }, name)
    t.equal(result.config, undefined, name)
    t.strictSame(steps(result).at(-1), 'config failed')
  }

  for (const [roles, certificate, code] of [
    [['TFTP'], 'sast2', undefined],
    [['CCM+TFTP'], 'sast2', undefined],
    [['CAPF'], 'sast2', 'BOOT_TVS_DENIED'],
    [['TFTP'], 'sast1', 'BOOT_TVS_DENIED'],
  ] as const) {
    const phone = await settled()
    cluster.files.set(`${DEVICE}.cnf.xml.sgn`, await cluster.signed(CONFIG, { signer: 'sast2' }))
    cluster.confirmed = [{ certificateDer: cluster.certificateOf(certificate), roles }]
    const { failure } = await cluster.boot(phone)
    t.equal(failure?.code, code, `TVS names ${certificate} as ${roles}`)
    t.match(cluster.tvs.heard.at(-1), { name: 'QUERY_REQUEST', subject: /cucm-sast2/, issuer: /cucm-sast2/ })
  }
})
