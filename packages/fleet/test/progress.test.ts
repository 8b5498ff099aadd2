import t from 'tap'
import type { ClientLive } from '../src/clients.ts'
import { Latency } from '../src/latency.ts'
import { RoundWatch } from '../src/progress.ts'

const live = ({ done = 0, failed = 0, inFlight = 0, ms = [] as number[] } = {}): ClientLive => {
  const actual = new Latency()
  for (const sample of ms) actual.record(sample)
  return {
    done,
    inFlight,
    actual,
    failures: failed > 0 ? [{ side: 'server', phase: 'connect', reason: 'PHONE_CONNECT_REFUSED', count: failed }] : [],
  }
}
const round = { number: 1, of: 3, operation: 'delete' }

t.test('the progress of a round is that of all processes, without the rounds before it', async t => {
  const watch = new RoundWatch(round, { total: 40, live: [live({ done: 100, failed: 3 }), live({ done: 90 })] })
  const progress = watch.look([live({ done: 110, failed: 5, inFlight: 4, ms: [10] }), live({ done: 95, inFlight: 2, ms: [30] })])
  t.match(progress, { stage: 'round', round, total: 40, done: 17, failed: 2, inFlight: 6 })
  if (progress.stage !== 'round') return t.fail()
  t.strictSame([Math.round(progress.p50Ms), Math.round(progress.p99Ms)], [10, 30])
})

t.test('the rate is that since the look before', async t => {
  const watch = new RoundWatch(round, { total: 40, live: [] })
  const rate = (progress: ReturnType<RoundWatch['look']>) => (progress.stage === 'round' ? progress.ratePerSecond : -1)
  t.ok(rate(watch.look([live({ done: 20 })])) > 0)
  t.equal(rate(watch.look([live({ done: 20 })])), 0, 'nothing ended meanwhile')
})

t.test('hopeless after fifty failing connects, or after all of a smaller round', async t => {
  const isHopeless = (total: number, failed: number) => new RoundWatch(round, { total, live: [] }).isHopeless([live({ failed })])
  t.strictSame([isHopeless(1000, 49), isHopeless(1000, 50), isHopeless(7, 6), isHopeless(7, 7)], [false, true, false, true])
})
