import fc from 'fast-check'
import t from 'tap'
import { alarmFor, GivenNotices, type NoticePolicy, noticeFor, noticeWords, type Watched } from '../src/index.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const END = Date.parse('2027-03-14T09:00:00Z')
const policy: NoticePolicy = { noticeDays: [30, 7, 1], repeatMs: DAY }
const lsc: Watched = {
  kind: 'lsc',
  id: 'a',
  name: 'SEP001122334455',
  file: undefined,
  issuer: 'CN=CAPF-1',
  notAfter: new Date(END),
}
const at = (beforeMs: number, given: NoticePolicy = policy) => noticeFor(lsc, { nowMs: END - beforeMs, policy: given })

t.test('the alarm is that of the days that are left, as the catalogue of the product names them', async t => {
  t.strictSame([90 * DAY, 30 * DAY + 1, 30 * DAY, 7 * DAY + 1, 7 * DAY, DAY + 1, DAY, 0, -DAY].map(alarmFor), [
    ...[
      'CertValidityOver30Days',
      'CertValidityOver30Days',
      'CertValidLessThanMonth',
      'CertValidLessThanMonth',
      'CertValidfor7days',
    ],
    ...['CertValidfor7days', 'CertValidLessthanADay', 'CertValidLessthanADay', 'CertValidLessthanADay'],
  ])
})

t.test('there is a notice for each of the days, and none before the first', async t => {
  t.equal(at(30 * DAY + 1), undefined)
  t.match(at(30 * DAY), { alarm: 'CertValidLessThanMonth', severity: 'warning', dueMs: END - 30 * DAY })
  t.match(at(7 * DAY + 1), { dueMs: END - 30 * DAY }, 'the same one until the next day')
  t.match(at(6 * DAY), { alarm: 'CertValidfor7days', dueMs: END - 7 * DAY })
})

t.test('from a day before the end on, and after it, it is repeated daily, or as often as is told', async t => {
  t.match(at(DAY), { alarm: 'CertValidLessthanADay', severity: 'error', dueMs: END - DAY })
  t.match(at(1), { dueMs: END - DAY })
  t.match(at(-DAY - 1), { dueMs: END + DAY, leftMs: -DAY - 1 })
  const hourly = { ...policy, repeatMs: HOUR }
  t.match(at(3 * HOUR - 1, hourly), { dueMs: END - 3 * HOUR })
  t.match(at(-100 * HOUR, { noticeDays: [30], repeatMs: HOUR }), { dueMs: END + 100 * HOUR }, 'also where no day says so')
})

t.test('a service that looks at any times gives each notice once, in time', async t => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 * DAY }), { minLength: 1, maxLength: 80 }), steps => {
      const given = new GivenNotices()
      let nowMs = END - 60 * DAY
      const told: number[] = []
      for (const step of steps) {
        nowMs += step
        const standing = noticeFor(lsc, { nowMs, policy })
        for (const { dueMs } of given.fresh(standing ? [standing] : [])) told.push(dueMs)
        if (standing && told.at(-1) !== standing.dueMs) return false
      }
      return new Set(told).size === told.length
    }),
  )
  t.pass()
})

t.test('a certificate that was renewed begins from the start, and one that is gone is forgotten', async t => {
  const given = new GivenNotices()
  const old = at(DAY)!
  t.equal(given.fresh([old]).length, 1)
  t.equal(given.fresh([old]).length, 0)
  t.equal(given.fresh([{ ...old, watched: { ...lsc, id: 'b' } }]).length, 1)
  t.equal(given.fresh([old]).length, 1)
})

t.test('for people: what, how long, and until when', async t => {
  const words = (beforeMs: number, watched: Partial<Watched> = {}) =>
    noticeWords({ ...at(beforeMs)!, watched: { ...lsc, ...watched } })
  t.equal(words(6.5 * DAY), 'LSC of SEP001122334455 ends in 6 days, 2027-03-14T09:00:00Z')
  t.equal(words(25 * HOUR), 'LSC of SEP001122334455 ends in 25 hours, 2027-03-14T09:00:00Z')
  t.match(words(HOUR - 1), 'ends in less than an hour')
  t.match(words(-DAY), 'ended 24 hours ago')
  t.match(words(-3 * DAY), 'ended 3 days ago')
  t.match(words(DAY, { kind: 'file', name: 'CN=a', file: 'CAPF.pem' }), 'certificate CN=a in CAPF.pem ends in 24 hours')
})
