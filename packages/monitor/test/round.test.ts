import t from 'tap'
import { CertificateMonitor, noticeJson, roundJson, roundWords, type Watched, watchedOf } from '../src/index.ts'
import { storeWith } from './lscs.ts'

const DAY = 86_400_000
const START = Date.parse('2026-11-21T00:00:00Z')
const inDays = (days: number) => new Date(START + days * DAY)
const policy = { noticeDays: [30, 7, 1], repeatMs: DAY }
const ISSUER = 'CN=CAPF-7f0ae8d7;OU=TAC'

t.test('LSCs of a store are watched, and each issuer once; the most urgent comes first', async t => {
  await using store = await storeWith([
    { name: 'SEP1', issuerName: ISSUER, validUntil: inDays(20), issuerValidUntil: inDays(5) },
    { name: 'SEP2', issuerName: ISSUER, validUntil: inDays(-2), issuerValidUntil: inDays(5) },
    { name: 'SEP3', issuerName: ISSUER, validUntil: inDays(300), issuerValidUntil: inDays(5) },
    { name: 'SEP4' },
  ])
  const watch = async function* (): AsyncGenerator<Watched> {
    for await (const device of store.list()) yield* watchedOf(device)
  }
  const round = await new CertificateMonitor({ policy, watch, now: () => new Date(START) }).round()
  t.strictSame(round.looked, { lsc: 3, issuer: 1, file: 0 })
  t.match(
    round.notices.map(({ watched, alarm }) => [watched.name, alarm]),
    [
      ['SEP2', 'CertValidLessthanADay'],
      [ISSUER, 'CertValidfor7days'],
      ['SEP1', 'CertValidLessThanMonth'],
    ],
  )
  t.equal(roundWords(round), 'looked at 3 LSCs, 1 issuer of LSCs, 0 certificates in files: 3 notices')
  t.match(round.notices.map(noticeJson), [{ type: 'notice', kind: 'lsc', name: 'SEP2', daysLeft: -2 }, { kind: 'issuer' }, {}])
  t.match(roundJson(round), { version: 1, type: 'round', at: '2026-11-21T00:00:00.000Z', notices: 3, standing: 3 })
})

t.test('over a year of daily rounds an LSC has its notices, then one a day, and none when it is renewed', async t => {
  let day = 0
  let lsc: Watched = { kind: 'lsc', id: 'first', name: 'SEP1', file: undefined, issuer: ISSUER, notAfter: inDays(100) }
  const watch = async function* (): AsyncGenerator<Watched> {
    yield lsc
  }
  const monitor = new CertificateMonitor({ policy, watch, now: () => inDays(day) })
  const days: number[] = []
  for (; day < 365; day++) {
    if (day === 103) lsc = { ...lsc, id: 'second', notAfter: inDays(500) }
    if ((await monitor.round()).notices.length > 0) days.push(day)
  }
  t.strictSame(days, [70, 93, 99, 100, 101, 102])
})

t.test('a round that cannot be read tells nothing, and the next one everything', async t => {
  let isAway = true
  const watch = async function* (): AsyncGenerator<Watched> {
    yield { kind: 'lsc', id: 'a', name: 'SEP1', file: undefined, issuer: ISSUER, notAfter: inDays(1) }
    if (isAway) throw new Error('the store is away')
  }
  const monitor = new CertificateMonitor({ policy, watch, now: () => new Date(START) })
  await t.rejects(monitor.round(), /the store is away/)
  isAway = false
  t.equal((await monitor.round()).notices.length, 1)
  t.equal((await monitor.round()).notices.length, 0)
  await t.rejects(monitor.round(AbortSignal.abort()), { name: 'AbortError' })
})
