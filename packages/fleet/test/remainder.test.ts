import t from 'tap'
import { identitiesOf } from '../src/identity.ts'
import { planOf } from '../src/plan/from-options.ts'
import type { Arrivals, PlanPhase } from '../src/plan/plan.ts'
import { type PhaseStanding, remainderOf } from '../src/plan/remainder.ts'
import { phaseStarts } from '../src/plan/sequence.ts'
import { fleetOptions, range } from './fleet-options.ts'

const RAMP: Arrivals = { kind: 'rate', fromPerSecond: 10, toPerSecond: 100, spacing: 'even' }

const placeOf = (change: Partial<PlanPhase>) => {
  const plan = planOf(fleetOptions({ phones: 100 }))
  const phases = [{ ...plan.phases[0]!, arrivals: RAMP, ...change }]
  return { plan: { ...plan, phases }, number: 0, identities: identitiesOf(plan.options) }
}

const standingOf = (indices: readonly number[], change: Partial<PhaseStanding> = {}): PhaseStanding => {
  const had = new Uint8Array(13)
  for (const index of indices) had[index >> 3]! |= 1 << (index & 7)
  return { had, turns: indices.length, elapsedMs: 0, ...change }
}

const take = <T>(items: Iterable<T>, most = 1_000): T[] => {
  const taken: T[] = []
  for (const item of items) {
    if (taken.length === most) break
    taken.push(item)
  }
  return taken
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-6

t.test('who had their turn is left out, nobody else, and those that were cut off come first', async t => {
  for (const order of ['sequential', 'random'] as const) {
    const place = placeOf({ order })
    const whole = take(phaseStarts(place)).map(({ item }) => item.index)
    // The third and the tenth were under way when it was killed.
    const had = whole.slice(0, 40).filter((_, position) => position !== 3 && position !== 10)
    const { starts } = remainderOf(place, standingOf(had))
    const left = take(starts).map(({ item }) => item.index)
    t.strictSame(left, [whole[3], whole[10], ...whole.slice(40)], order)
    t.equal(new Set([...left, ...had]).size, 100)
  }
})

t.test('the schedule goes on where it stood: the gaps are those that were still to come', async t => {
  for (const arrivals of [RAMP, { ...RAMP, spacing: 'poisson' }, { kind: 'burst', withinMs: 5_000 }] as const) {
    const place = placeOf({ arrivals })
    const whole = take(phaseStarts(place)).map(({ dueMs }) => dueMs)
    const left = take(remainderOf(place, standingOf(range(37))).starts).map(({ dueMs }) => dueMs)
    t.equal(left.length, 63)
    t.equal(left[0], 0)
    t.ok(left.every((dueMs, place) => near(dueMs, whole[37 + place]! - whole[37]!)))
  }
})

t.test('a phase by time has the time that is left, and nothing when none is', async t => {
  const rate = { kind: 'rate', fromPerSecond: 10, toPerSecond: 10, spacing: 'even', forMs: 8_000 } as const
  t.equal(remainderOf(placeOf({ arrivals: rate }), undefined).untilMs, 8_000)
  t.equal(remainderOf(placeOf({ arrivals: rate }), standingOf(range(30))).untilMs, 5_000)
  t.equal(remainderOf(placeOf({ arrivals: rate }), standingOf(range(95))).untilMs, 0)
  const closed = { kind: 'concurrency', sessions: 5, forMs: 8_000 } as const
  t.equal(remainderOf(placeOf({ arrivals: closed }), standingOf(range(30), { elapsedMs: 3_000 })).untilMs, 5_000)
  t.equal(remainderOf(placeOf({}), standingOf(range(100))).untilMs, undefined)
  t.strictSame(take(remainderOf(placeOf({}), standingOf(range(100))).starts), [])
})

t.test('where devices come again by time, as many turns are over as had ended', async t => {
  const arrivals = { kind: 'rate', fromPerSecond: 100, toPerSecond: 100, spacing: 'even', forMs: 60_000 } as const
  const place = placeOf({ arrivals, devices: 'again' })
  const { starts, untilMs } = remainderOf(place, standingOf(range(100), { turns: 250 }))
  const [first, second] = take(starts, 2)
  t.match(first, { item: { index: 50, lap: 2 }, dueMs: 0 })
  t.match(second, { item: { index: 51, lap: 2 }, dueMs: 10 })
  t.equal(untilMs, 57_500)
})

t.test('where devices come again as places get free, each goes on with a lap that it has not had', async t => {
  const arrivals = { kind: 'concurrency', sessions: 5, forMs: 60_000 } as const
  const place = placeOf({ arrivals, devices: 'again' })
  const starts = take(remainderOf(place, standingOf(range(100), { turns: 250 })).starts)
  t.strictSame(
    starts.map(({ item }) => item.index),
    [...range(100).slice(50), ...range(50)],
  )
  t.ok(starts.every(({ item }) => item.lap === 3))
})
