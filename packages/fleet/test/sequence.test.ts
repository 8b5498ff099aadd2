import t from 'tap'
import { identitiesOf } from '../src/identity.ts'
import { planOf } from '../src/plan/from-options.ts'
import type { Arrivals, PlanPhase } from '../src/plan/plan.ts'
import { countStarts, participantsOf, phaseStarts, takesPart } from '../src/plan/sequence.ts'
import { fleetOptions, range } from './fleet-options.ts'

const COUNT = 10_000
const participants = (seed: number, round: number) => range(COUNT).filter(index => takesPart({ seed, index, round }, 0.5))

const EVERY: Arrivals = { kind: 'rate', fromPerSecond: 100, toPerSecond: 100, spacing: 'even' }

/** The one phase of a plan, with what a test says of it. */
const placeOf = (change: Partial<PlanPhase>, options: { phones?: number; seed?: number } = {}) => {
  const plan = planOf(fleetOptions({ phones: 100, ...options }))
  const phases = [{ ...plan.phases[0]!, arrivals: EVERY, ...change }]
  return { plan: { ...plan, phases }, number: 0, identities: identitiesOf(plan.options) }
}

const startsOf = (
  change: Partial<PlanPhase>,
  { most = 1_000, ...options }: { most?: number; phones?: number; seed?: number } = {},
) => {
  const starts = []
  for (const start of phaseStarts(placeOf(change, options))) {
    if (starts.length === most) break
    starts.push(start)
  }
  return starts
}

const rate = (fromPerSecond: number, toPerSecond: number, forMs?: number, spacing: 'even' | 'poisson' = 'even'): Arrivals => ({
  ...{ kind: 'rate', fromPerSecond, toPerSecond, forMs, spacing },
})

t.test('who takes part is decided by seed and phase alone, and is about the share', async t => {
  const [first, otherSeed, otherRound] = [participants(1, 2), participants(2, 2), participants(1, 3)]
  t.equal(participants(1, 2).join(), first.join())
  t.not(otherSeed.join(), first.join())
  t.not(otherRound.join(), first.join())
  // Five standard deviations.
  for (const taking of [first, otherSeed, otherRound]) t.ok(Math.abs(taking.length - COUNT / 2) < 250, `${taking.length}`)
  const both = first.filter(index => takesPart({ seed: 1, index, round: 3 }, 0.5)).length
  t.ok(Math.abs(both - COUNT / 4) < 220, `phases choose independently: ${both} take part in both`)
})

t.test('once: each device that takes part starts exactly once, in order or shuffled by the seed', async t => {
  const inOrder = startsOf({}).map(({ item }) => item.index)
  t.strictSame(inOrder, range(100))
  const shuffled = startsOf({ order: 'random' }).map(({ item }) => item.index)
  t.not(shuffled.join(), inOrder.join())
  t.strictSame(
    shuffled.toSorted((a, b) => a - b),
    inOrder,
    'the same phones',
  )
  t.strictSame(
    startsOf({ order: 'random' }).map(({ item }) => item.index),
    shuffled,
    'in the same order every time',
  )
  t.not(
    startsOf({ order: 'random' }, { seed: 2 })
      .map(({ item }) => item.index)
      .join(),
    shuffled.join(),
  )
})

t.test('a pattern of names chooses phones, whatever it has that means something else elsewhere', async t => {
  const taking = (phones: string) => participantsOf(placeOf({ phones })).length
  t.strictSame(['*', 'sep02000000000?', 'SEP*1', 'SEP.*', 'SEP(', '', 'SEP020000000000'].map(taking), [100, 16, 7, 0, 0, 0, 1])
})

t.test('operations are drawn by weight for each turn of a device', async t => {
  const operations = [
    { name: 'install', weight: 3 },
    { name: 'delete', weight: 1 },
  ] as const
  const drawn = startsOf({ operations }, { phones: 1_000 }).map(({ item }) => item.operation)
  const deletes = drawn.filter(name => name === 'delete').length
  t.ok(Math.abs(deletes - 250) < 70, `${deletes} of 1000`)
})

t.test('a constant rate has even steps; a ramp has the area under its rate', async t => {
  t.strictSame(
    startsOf({}, { most: 3 }).map(({ dueMs }) => dueMs),
    [0, 10, 20],
  )
  // From 0 to 100 a second within 10 s: 500 sessions, the half of them in the last 29 % of the time.
  const ramp = startsOf({ devices: 'again', arrivals: rate(0, 100, 10_000) }, { most: 501 })
  t.equal(Math.round(ramp[500]!.dueMs), 10_000)
  t.equal(Math.round(ramp[250]!.dueMs), Math.round(10_000 * Math.SQRT1_2))
  const down = startsOf({ devices: 'again', arrivals: rate(100, 0, 10_000) }, { most: 500 })
  t.equal(Math.round(down[250]!.dueMs), Math.round(10_000 * (1 - Math.SQRT1_2)))
})

t.test('how many a phase has is what it starts within its time, or all phones', async t => {
  const count = (change: Partial<PlanPhase>) => countStarts(placeOf(change))
  t.equal(count({}), 100)
  t.equal(count({ share: 0 }), 0)
  t.equal(count({ arrivals: rate(100, 100, 500) }), 50, 'the time is over before all had their turn')
  t.equal(count({ devices: 'again', arrivals: rate(0, 100, 10_000) }), 500)
  t.equal(count({ devices: 'again', arrivals: { kind: 'concurrency', sessions: 4, forMs: 1_000 } }), undefined)
  t.equal(count({ arrivals: { kind: 'burst', withinMs: 1_000 } }), 100)
})

t.test('Poisson: the mean is that of the rate, the gaps are not even, the seed decides', async t => {
  const arrivals = rate(1_000, 1_000, 20_000, 'poisson')
  const due = startsOf({ devices: 'again', arrivals }, { most: 10_000 }).map(({ dueMs }) => dueMs)
  const gaps = due.slice(1).map((dueMs, index) => dueMs - due[index]!)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  // Five standard errors of 10,000 samples with mean and deviation 1.
  t.ok(Math.abs(mean - 1) < 0.05, `mean ${mean}`)
  t.ok(Math.abs(deviation - 1) < 0.1, `deviation ${deviation}`)
  t.ok(gaps.every(gap => gap >= 0))
  t.strictSame(
    startsOf({ devices: 'again', arrivals }, { most: 10 }).map(({ dueMs }) => dueMs),
    due.slice(0, 10),
  )
})

t.test('again: laps follow each other, with a string and an operation of their own', async t => {
  const starts = startsOf({ devices: 'again', arrivals: rate(100, 100, 60_000) }, { phones: 3, most: 7 })
  t.strictSame(
    starts.map(({ item: { index, lap } }) => [index, lap]),
    [
      [0, 0],
      [1, 0],
      [2, 0],
      [0, 1],
      [1, 1],
      [2, 1],
      [0, 2],
    ],
  )
})

t.test('a burst is spread over its time, or comes all at once', async t => {
  const due = (withinMs: number) => startsOf({ arrivals: { kind: 'burst', withinMs } }, { phones: 4 }).map(({ dueMs }) => dueMs)
  t.strictSame(
    [due(0), due(1_000)],
    [
      [0, 0, 0, 0],
      [0, 250, 500, 750],
    ],
  )
})
