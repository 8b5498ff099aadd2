import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseOptions } from '@capfkit/codec/options'
import t from 'tap'
import { planRollover, ROLLOVER_OPTIONS, readIosConfig, rolloverLines } from '../src/index.ts'

const FOLDER = resolve(import.meta.dirname, '../../../test-vectors/ios-pki')
const text = ['ca-server.txt', 'client.txt'].map(name => readFileSync(resolve(FOLDER, name), 'utf8')).join('')
const now = new Date('2026-11-21T00:00:00Z')
const planOf = (given: Record<string, unknown> = {}, config = text) =>
  planRollover(readIosConfig(config), { options: parseOptions(ROLLOVER_OPTIONS, given), now })

t.test('the configuration of the document is read as it was pasted, with where each value stands', async t => {
  const { server, trustpoint, fleet, origins } = planOf()
  t.strictSame([server, trustpoint], ['ca-server', 'test'])
  t.strictSame(fleet.timers, { caDays: 1825, certificateDays: 600, overlapDays: 30, renewPercent: 70 })
  t.match(origins, { certificateDays: { line: 4 }, caDays: { line: 5 }, overlapDays: { line: 6 }, renewPercent: { line: 10 } })
  t.equal(origins.retryMinutes, 'default')
})

t.test('clients ask 180 days before the end, the shadow certificate comes 30 days before it: 150 days of 404', async t => {
  t.match(planOf().windows, { askDay: 1645, aheadDays: 180, shadowDay: 1795, refusedDays: 150, smallestOverlapDays: 180 })
})

t.test('the simulation gets 404 in every hour of these 150 days, and in none after them', async t => {
  const { simulation } = planOf({ clients: 1000 })
  const refused = simulation.hours.filter(hour => hour.refused > 0)
  t.equal(refused.length, 150 * 24)
  t.strictSame([refused[0]?.hour, refused.at(-1)?.hour], [1645 * 24, 1795 * 24 - 1])
  t.match(simulation, { served: 1000, leftBehind: 0, gaveUp: 0 })
})

t.test('more than 80 clients a minute are more than the server hears; then nobody is heard for 15 seconds', async t => {
  const { simulation } = planOf({ clients: 1000 })
  const crowded = simulation.hours.find(({ hour }) => hour === 1700 * 24)!
  t.equal(crowded.asked, 60 * 1000)
  t.equal(crowded.asked - crowded.unheard, 60 * 80)
  const { simulation: few } = planOf({ clients: 80 })
  t.equal(few.unheard, 0, '80 a minute are heard')
})

t.test('the smallest overlap cures it, and so does the one of the document; a day less does not', async t => {
  t.match(planOf().cure, { overlapDays: 180, simulation: { refused: 0, unheard: 0, served: 1000 } })
  t.match(planOf({ overlapDays: 365 }), { windows: { refusedDays: 0 }, simulation: { refused: 0 }, cure: undefined })
  t.ok(planOf({ overlapDays: 179 }).simulation.refused > 0)
})

t.test('clients of one hour fill the server even with the right overlap', async t => {
  const { simulation } = planOf({ overlapDays: 180, enrolledOverDays: 0, clients: 1000 })
  t.match(simulation, { refused: 0, served: 1000, peakPerMinute: 1000 })
  t.ok(simulation.unheard > 1000)
})

t.test('without auto-rollover nobody is ever served', async t => {
  const plan = planOf({}, text.replace('auto-rollover', ''))
  t.match(plan, { windows: { shadowDay: undefined, refusedDays: 180 }, simulation: { served: 0, leftBehind: 1000 } })
  t.match(plan.cure, { overlapDays: 180 })
})

t.test(
  'for people: windows, the cure, days with dates where the end is known, and hours around the shadow certificate',
  async t => {
    const lines = rolloverLines(planOf({ caUntil: '2027-06-01' }), 'ca.txt').join('\n')
    t.match(lines, /lifetime ca-certificate +1,825 +ca\.txt:5/)
    t.match(lines, 'window of refusals: 150 days')
    t.match(lines, 'smallest overlap without one: 180 days, (1 - 70/100) x 600: auto-rollover 180')
    t.match(lines, 'day 1,645, 2026-12-03 (in 12 days)')
    t.match(lines, /hour by hour around the shadow certificate\n.*\n {2}day 1794 20h \|#+ +60,000 +4,800 +55,200 +0\n/)
    t.match(
      lines,
      '\n  crypto pki server ca-server\n   shutdown\n   auto-rollover 180\n   no shutdown\n  ip http max-connections 16',
    )
    t.match(lines, /with auto-rollover 180:\n {2}1,000 questions: 0 answered 404, 0 not heard, 1,000 answered/)
  },
)
