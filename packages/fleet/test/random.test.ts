import t from 'tap'
import { PURPOSES, randomOf } from '../src/random.ts'
import { range } from './fleet-options.ts'

const COUNT = 20_000
/** Of 15 degrees of freedom, at one case in a million. */
const CHI_SQUARED_15 = 56.5

const numbers = (random: () => number, count = 8) => range(count).map(random)

/** How far the counts of 4 x 4 cells are from even. */
const chiSquared = (pairs: readonly (readonly [number, number])[]) => {
  const cells = range(16).map(() => 0)
  for (const [a, b] of pairs) cells[Math.floor(a * 4) * 4 + Math.floor(b * 4)]!++
  const even = pairs.length / 16
  return cells.reduce((sum, count) => sum + (count - even) ** 2 / even, 0)
}

t.test('the same seed, phone, purpose and round give the same numbers; a change of any gives others', async t => {
  const place = { seed: 7, index: 3, purpose: 'identity', round: 1 } as const
  const first = numbers(randomOf(place))
  t.strictSame(numbers(randomOf(place)), first)
  t.ok(first.every(number => number >= 0 && number < 1))
  const others = [{ seed: 8 }, { index: 4 }, { purpose: 'round' as const }, { round: 2 }]
  for (const other of others) t.notSame(numbers(randomOf({ ...place, ...other })), first, JSON.stringify(other))
})

t.test('the numbers are what they were in the first version: a seed in an old report still gives that fleet', async t => {
  const [first] = numbers(randomOf({ seed: 1, index: 0, purpose: 'identity' }), 1)
  const [string] = numbers(randomOf({ seed: 1, index: 99, purpose: 'authString', round: 2 }), 1)
  t.strictSame([first?.toFixed(9), string?.toFixed(9)], ['0.501838806', '0.717573023'])
})

t.test('each purpose has its own number, so that a new one moves none of the others', async t => {
  const first = { identity: 1, authString: 2, round: 3, keyTime: 4, boot: 5, resample: 6 }
  const ofPlans = { operation: 7, arrivals: 8, order: 9, think: 10 }
  const ofFaults = { faultGroup: 11, fault: 12, faultBytes: 13, networkGroup: 14, network: 15 }
  t.strictSame(PURPOSES, { ...first, ...ofPlans, ...ofFaults })
  const streams = Object.keys(PURPOSES).map(purpose => numbers(randomOf({ seed: 1, index: 1, purpose: purpose as 'round' })).join())
  t.equal(new Set(streams).size, streams.length)
  // Sixteen purposes fit before a purpose of one round would be another of the round before.
  t.ok(Math.max(...Object.values(PURPOSES)) < 16)
})

t.test('neighbours are independent: draws of a phone, rounds, phones, seeds', async t => {
  const first = (place: Partial<Parameters<typeof randomOf>[0]>) => randomOf({ seed: 1, index: 0, purpose: 'identity', ...place })()
  const pairs: Record<string, (index: number) => readonly [number, number]> = {
    'two draws of one phone': index => {
      const random = randomOf({ seed: 1, index, purpose: 'identity' })
      return [random(), random()]
    },
    'two rounds': index => [first({ index, purpose: 'round', round: 1 }), first({ index, purpose: 'round', round: 2 })],
    'two purposes': index => [first({ index }), first({ index, purpose: 'authString' })],
    'two phones': index => [first({ index }), first({ index: index + 1 })],
    'two seeds': index => [first({ index }), first({ index, seed: 2 })],
  }
  for (const [what, pair] of Object.entries(pairs)) t.ok(chiSquared(range(COUNT).map(pair)) < CHI_SQUARED_15, what)
})

t.test('thousands of phones have different streams', async t => {
  const seen = new Set(range(COUNT).map(index => randomOf({ seed: 5, index, purpose: 'authString' })()))
  t.ok(seen.size > COUNT - 5, `${seen.size} of ${COUNT}`)
})
