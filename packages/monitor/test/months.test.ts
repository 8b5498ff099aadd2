import fc from 'fast-check'
import t from 'tap'
import { Months, monthLines, monthsCsv } from '../src/index.ts'

const monthsOf = (days: readonly string[]) => {
  const months = new Months()
  for (const day of days) months.add(new Date(`${day}T12:00:00Z`))
  return months.rows
}

const DAYS = ['2027-01-31', '2026-11-02', '2027-01-05', '2027-01-31', '2026-10-01', '2027-01-31']

t.test('ends are counted by month in order, with the fullest day', async t => {
  t.strictSame(monthsOf(DAYS), [
    { month: '2026-10', count: 1, fullestDay: '2026-10-01', onFullestDay: 1 },
    { month: '2026-11', count: 1, fullestDay: '2026-11-02', onFullestDay: 1 },
    { month: '2027-01', count: 4, fullestDay: '2027-01-31', onFullestDay: 3 },
  ])
})

t.test('for a terminal: bars, a gap where nothing ends, and what is past', async t => {
  const lines = monthLines(monthsOf(DAYS), { now: new Date('2026-11-21') })
  t.strictSame(
    lines.map(line => line.replaceAll(/#+/g, marks => `#${marks.length}`).replaceAll(/ +/g, ' ')),
    ['2026-10 past |#10 1', '2026-11 now |#10 1', ' :', '2027-01 |#40 4 3 on 2027-01-31'],
  )
  t.strictSame(monthLines([], { now: new Date() }), [])
})

t.test('as CSV with a header', async t => {
  t.equal(monthsCsv(monthsOf(['2026-12-01'])), 'month,lscs,fullest_day,on_fullest_day\n2026-12,1,2026-12-01,1\n')
})

t.test('no end is lost or counted twice, and years of more digits do not mix', async t => {
  const days = fc.date({ min: new Date('1950-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  fc.assert(
    fc.property(fc.array(days), ends => {
      const months = new Months()
      for (const end of ends) months.add(end)
      const names = months.rows.map(({ month }) => month)
      return months.rows.reduce((sum, { count }) => sum + count, 0) === ends.length && names.join() === names.toSorted().join()
    }),
  )
  t.pass()
})
