import { encode, STATUS } from '@capfkit/codec/tvs'
import t from 'tap'
import { memoryFlash } from '../src/index.ts'
import { AnswerCache, fingerprint } from '../src/tvs/answers.ts'
import { Cluster, shown, USUAL } from './cluster.ts'
import { credential } from './credentials.ts'
import { DEVICE, goodbye, greet } from './world.ts'

const cluster = await Cluster.start()
t.teardown(() => cluster[Symbol.asyncDispose]())

const member = (priority: number, address = `tvs${priority}.example`) => ({ priority, port: 2445, address })
const CAPF = { capfAuthMode: 'null', capfList: [{ phonePort: 3804, processNodeName: 'capf.example' }] } as const

/** The CAPF record of this list is of another certificate than CAPF shows: it was regenerated. */
const outdated = await cluster.list({
  records: [...USUAL.filter(({ role }) => role !== 'CAPF'), { role: 'CAPF', of: 'app', form: 'hash', dnsName: 'capf.example' }],
})
const capf = { certificateDer: cluster.certificateOf('capf'), roles: ['CAPF'] } as const

const serve = async (members: readonly ReturnType<typeof member>[], confirmed: typeof cluster.confirmed = [capf]) => {
  await cluster.serve({ itl: outdated, config: { ...CAPF, tvs: members } })
  cluster.confirmed = confirmed
  cluster.tvs.script = question => cluster.confirm(question)
  cluster.world.server.peers.length = 0
  cluster.world.server.script = async peer => {
    await greet(peer)
    goodbye(peer, 0)
  }
}

t.test('a CAPF certificate that the list does not have is asked about, before anything is said to CAPF', async t => {
  await serve([member(0)])
  let heardByCapf = -1
  cluster.tvs.script = question => {
    heardByCapf = cluster.world.server.last.bytesHeard
    return cluster.confirm(question)
  }
  const phone = cluster.phone()
  const result = await cluster.boot(phone)
  t.match(result, { ok: true, capf: { ok: true, sessions: 1, phasesMs: { trust: Number } } })
  t.equal(heardByCapf, 0)
  t.match(cluster.tvs.heard, [{ name: 'VERIFY_REQUEST', deviceName: `CP-8861-${DEVICE}`, certificateDer: capf.certificateDer }])
  t.strictSame(cluster.connected, ['127.0.0.1:3804', '127.0.0.1:2445'])
  t.equal(cluster.tvs.connections, 0, 'the connection to TVS is closed')
  t.ok(result.phasesMs.tvs! >= 0)
})

t.test('a CAPF certificate that TVS denies, or knows as something else, hears nothing', async t => {
  for (const confirmed of [[], [{ ...capf, roles: ['TFTP'] as const }]]) {
    await serve([member(0)], confirmed)
    const phone = cluster.phone({ options: { retries: 0 } })
    const result = await cluster.boot(phone)
    t.match(result, { ok: false, failure: { code: 'PHONE_UNTRUSTED_SERVER', step: 'capf' } })
    t.equal(shown(phone).at(-1), 'LSC: Connection failed')
    t.equal(cluster.world.server.last.bytesHeard, 0)
  }
})

t.test('members are asked in the order of their priority, at most three, and the first answer counts', async t => {
  await serve([member(3), member(1), member(0), member(2)])
  let asked = 0
  cluster.tvs.script = (question, socket) => (++asked < 3 ? void socket.destroy() : cluster.confirm(question))
  const names: string[] = []
  const phone = cluster.phone({
    resolve: async name => {
      names.push(name)
      return '127.0.0.1'
    },
  })
  t.match(await cluster.boot(phone), { ok: true })
  t.strictSame(names.slice(-4), ['capf.example', 'tvs0.example', 'tvs1.example', 'tvs2.example'])

  await serve([member(3), member(1), member(0), member(2)])
  cluster.tvs.script = (_, socket) => void socket.destroy()
  names.length = 0
  t.match(await cluster.boot(phone), { ok: true }, 'the answer is still known')
  const fresh = cluster.phone({ options: { retries: 0 } })
  t.match(await cluster.boot(fresh), { failure: { code: 'PHONE_UNTRUSTED_SERVER' } })
  t.equal(cluster.tvs.heard.length, 3)
  t.notOk(names.includes('tvs3.example'))
})

t.test('a refusal is an answer: the next member is not asked', async t => {
  await serve([member(0), member(1)], [])
  await cluster.boot(cluster.phone({ options: { retries: 0 } }))
  t.equal(cluster.tvs.heard.length, 1)
})

t.test('a member without an address is passed over, and the user hears of it', async t => {
  await serve([member(0), member(1)])
  cluster.unknownNames.add('tvs0.example')
  const phone = cluster.phone()
  t.match(await cluster.boot(phone), { ok: true, capf: { ok: true } })
  cluster.unknownNames.clear()
  t.ok(shown(phone).includes('DNS unknown IPv4 host tvs0.example'))
})

t.test('an answer is kept for its time, from boot to boot, and no longer', async t => {
  let now = 1_800_000_000_000
  const flash = memoryFlash()
  const phone = cluster.phone({ flash, now: () => now })
  await serve([member(0)])
  t.match(await cluster.boot(phone), { ok: true })
  t.ok(cluster.console.some(({ text }) => text.endsWith('TVS added cert to TVS cache - expires in 24 hours')))
  now += 86_399_000
  t.match(await cluster.boot(phone), { ok: true })
  t.equal(cluster.tvs.heard.length, 1)
  t.equal((await flash.load()).tvs.answers.length, 1)
  now += 2_000
  t.match(await cluster.boot(phone), { ok: true })
  t.equal(cluster.tvs.heard.length, 2)

  for (const [ttlSeconds, kept] of [
    [0, 0],
    [0xffff_ffff, 1],
  ] as const) {
    const other = cluster.phone({ now: () => now })
    await serve([member(0)])
    cluster.tvs.script = ({ sessionId }) => ({ name: 'VERIFY_RESPONSE', sessionId, status: STATUS.VALID, roles: [4], ttlSeconds })
    await cluster.boot(other)
    now += 7 * 86_400_000 - 1_000
    await cluster.boot(other)
    t.equal(cluster.tvs.heard.length, 2 - kept, `${ttlSeconds} s`)
    now += 2_000
    await cluster.boot(other)
    t.equal(cluster.tvs.heard.length, 3 - kept, 'nothing is believed for longer than a week')
  }
})

t.test('what a TVS may say instead of an answer', async t => {
  const cases: [string, Buffer][] = [
    ['garbage', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['another session', encode({ name: 'VERIFY_RESPONSE', sessionId: 0, status: 0, roles: [4] })],
    ['the answer to another question', encode({ name: 'QUERY_RESPONSE', sessionId: 0, status: 0, roles: [4] })],
    ['a question', encode({ name: 'QUERY_REQUEST', sessionId: 1 })],
    ['a frame of 65 KB', Buffer.from('57010200000000010fffff', 'hex').fill(0xff, 8, 10)],
    ['half of a frame', encode({ name: 'VERIFY_RESPONSE', sessionId: 1, status: 0, roles: [4] }).subarray(0, 12)],
    ['a role that is no list', Buffer.from('5701020000000001000708000004', 'hex')],
  ]
  for (const [name, answer] of cases) {
    await serve([member(0)])
    cluster.tvs.script = (_, socket) => {
      socket.end(answer)
      return undefined
    }
    const result = await cluster.boot(cluster.phone({ options: { retries: 0 }, random: () => 0.5 }))
    t.match(result, { ok: false, failure: { code: 'PHONE_UNTRUSTED_SERVER' } }, name)
    t.match(
      cluster.console.find(({ code }) => code === 'TVS_FAILED')?.text,
      /TVS tvs0\.example failed: BOOT_(TVS_BAD_ANSWER|UNREACHABLE)/,
      name,
    )
  }
})

t.test('a silent TVS costs its time, and an abort ends the wait', async t => {
  await serve([member(0)])
  cluster.tvs.script = () => undefined
  const quick = { options: { tvsTimeoutMs: 40 } }
  const result = await cluster.boot(cluster.phone({ options: { retries: 0 } }), quick)
  t.match(result, { ok: false, failure: { code: 'PHONE_UNTRUSTED_SERVER' } })
  const abort = new AbortController()
  cluster.tvs.script = () => void abort.abort()
  const aborted = await cluster.boot(cluster.phone(), { signal: abort.signal })
  t.match(aborted, { ok: false, failure: { code: 'PHONE_ABORTED' } })
})

t.test('a TVS is known by a full record as by a hash', async t => {
  const full = await cluster.list({
    records: [
      { role: 'SAST', of: 'sast1' },
      { role: 'TFTP', of: 'tftp' },
      { role: 'TVS', of: 'tvs' },
      { role: 'CAPF', of: 'app', dnsName: 'capf.example' },
    ],
  })
  await serve([member(0)])
  cluster.files.set(`ITL${DEVICE}.tlv`, full)
  t.match(await cluster.boot(cluster.phone()), { ok: true })
  t.equal(cluster.tvs.heard.length, 1)
})

t.test('phones without a product name call themselves by their device name', async t => {
  await serve([member(0)])
  await cluster.boot(cluster.phone({ model: 'CSF', mic: credential('phone') }))
  t.match(cluster.tvs.heard, [{ deviceName: DEVICE }])
})

t.test('an answer that was kept while the clock was ahead ends a week from now at the latest', t => {
  const certificateDer = cluster.certificateOf('capf')
  let now = 1_000_000
  const answers = [{ sha256: fingerprint(certificateDer), roles: [4], expiresAt: now * 1_000_000 }]
  const cache = new AnswerCache({ now: () => now, answers })
  t.strictSame(cache.rolesOf(certificateDer), [4])
  now += 7 * 86_400_000
  t.equal(cache.rolesOf(certificateDer), undefined)
  t.strictSame(cache.current, [])
  t.end()
})
