import { parseOptions } from '@capfkit/codec/options'
import t from 'tap'
import { formatRolloverHtml, formatRolloverJson, planRollover, ROLLOVER_OPTIONS, readIosConfig } from '../src/index.ts'

const planOf = (given: Record<string, unknown>) => {
  const config = readIosConfig('lifetime certificate 600\nlifetime ca-certificate 1825\nauto-rollover\nauto-enroll 70')
  return planRollover(config, { options: parseOptions(ROLLOVER_OPTIONS, given), now: new Date('2026-11-21') })
}

t.test('the page has everything in it, loads nothing, runs nothing, and shows names as text', async t => {
  const html = formatRolloverHtml(planOf({}), '<script>alert(1)</script>.txt')
  t.match(html, '<h1>Clients are refused for 150 days</h1>')
  t.match(html, "default-src 'none'")
  t.notMatch(html, /<script|<link|<img|https?:|@import|url\(/)
  t.match(html, '&lt;script&gt;alert(1)&lt;/script&gt;.txt:1')
  t.equal(html.match(/<svg/g)?.length, 2, 'the whole time, and the hours around the shadow certificate')
  t.match(html, /<title>day 1794, 20:00: 60,000 asked, 0 served, 4,800 got 404, 55,200 not heard<\/title>/)
})

t.test('a page of a rollover without refusals has no cure', async t => {
  const html = formatRolloverHtml(planOf({ overlapDays: 365 }), 'ca.txt')
  t.match(html, '<h1>No client is refused</h1>')
  t.notMatch(html, /With auto-rollover/)
})

t.test('as data: the hours add up to the totals, and the cure has none of them', async t => {
  const { version, windows, simulation, cure } = JSON.parse(JSON.stringify(formatRolloverJson(planOf({ clients: 10 }))))
  t.equal(version, 1)
  t.match(windows, { refusedDays: 150, smallestOverlapDays: 180 })
  const hours: { refused: number }[] = simulation.hours
  t.equal(
    hours.reduce((sum, { refused }) => sum + refused, 0),
    simulation.refused,
  )
  t.strictSame([cure.overlapDays, cure.refused, cure.hours], [180, 0, undefined])
})
