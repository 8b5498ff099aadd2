import t from 'tap'
import { parseWeights, pick } from '../src/weights.ts'
import { range } from './fleet-options.ts'

const KNOWN = ['null', 'string', 'lsc', 'mic'] as const
const weightsOf = (words: string) => parseWeights('auth', { words, known: KNOWN })

t.test('names with weights, in any order, with spaces, a name alone counting 1', async t => {
  t.strictSame(weightsOf('null=40, string=2.5 ,lsc'), [
    { name: 'null', weight: 40 },
    { name: 'string', weight: 2.5 },
    { name: 'lsc', weight: 1 },
  ])
})

t.test('wrong words are told with what is known and what was got', async t => {
  const cases: [words: string, sentence: string][] = [
    ['sting=1', 'auth knows null, string, lsc, mic, got "sting"'],
    ['', 'auth knows null, string, lsc, mic, got ""'],
    ['null=1,', 'auth knows null, string, lsc, mic, got ""'],
    ['null=-1', 'auth wants a number as the weight of null, got "-1"'],
    ['null=', 'auth wants a number as the weight of null, got ""'],
    ['null=1e3', 'auth wants a number as the weight of null, got "1e3"'],
    ['null=1=2', 'auth wants NAME=WEIGHT, got "null=1=2"'],
    ['null=1,null=2', 'auth names null twice'],
    ['null=0,mic=0', 'auth needs at least one weight above 0'],
  ]
  for (const [words, sentence] of cases)
    t.throws(() => weightsOf(words), { name: 'OptionError', problems: [{ name: 'auth', sentence }] }, words)
})

t.test('each share of the whole belongs to one name, in proportion to the weights', async t => {
  const weights = weightsOf('null=1,string=0,lsc=3')
  t.strictSame(
    [0, 0.24, 0.25, 0.99, 1 - Number.EPSILON, 1].map(share => pick(weights, share)),
    ['null', 'null', 'lsc', 'lsc', 'lsc', 'lsc'],
  )
  const counts = Object.groupBy(range(1000), index => pick(weights, index / 1000))
  t.match(counts, { null: { length: 250 }, lsc: { length: 750 }, string: undefined })
})

t.test('what has weight 0 is never picked, at the ends either', async t => {
  for (const words of ['string=0,null=1,mic=0', 'mic=0,null=0.1'])
    for (const share of [0, 0.5, 1]) t.equal(pick(weightsOf(words), share), 'null', `${words} at ${share}`)
})
