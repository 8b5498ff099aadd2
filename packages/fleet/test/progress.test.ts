import t from 'tap'
import { FleetControl } from '../src/control.ts'
import { PhaseWatch } from '../src/progress.ts'
import { Tally } from '../src/tally.ts'

const tallyOf = ({ done = 0, failed = 0, ms = 10 } = {}): Tally => {
  const tally = new Tally()
  const ended = { scheduledMs: ms, actualMs: ms, phasesMs: {}, operation: 'install' }
  for (let count = 0; count < done; count++) tally.record({ ...ended, failure: undefined })
  const failure = { side: 'server', phase: 'connect', reason: 'PHONE_CONNECT_REFUSED' } as const
  for (let count = 0; count < failed; count++) tally.record({ ...ended, failure })
  return tally
}
const phase = { number: 1, of: 3, name: 'delete' }
const watchOf = (total: number | undefined, before = new Tally()) =>
  new PhaseWatch({ phase, total, forMs: undefined, before, startedMs: performance.now(), connectTimeoutMs: 10_000 })

t.test('the progress of a phase is without the phases before it', async t => {
  const watch = watchOf(40, tallyOf({ done: 190, failed: 3 }))
  const tally = tallyOf({ done: 205, failed: 5, ms: 30 })
  const standing = { tally, recent: tallyOf({ done: 1 }), inFlight: 6, oldestMs: 5, ratePerSecond: 12, health: [] }
  const progress = watch.look(standing, new FleetControl().state)
  t.match(progress, { stage: 'phase', phase, total: 40, done: 17, failed: 2, inFlight: 6, ratePerSecond: 12 })
  t.strictSame([Math.round(progress.p50Ms), Math.round(progress.p99Ms)], [30, 30])
})

const standing = (tally: Parameters<typeof tallyOf>[0], oldestMs = 5) => ({ tally: tallyOf(tally), oldestMs })

t.test('hopeless after fifty failing connects, or after all of a smaller phase', async t => {
  const isHopeless = (total: number | undefined, failed: number) => watchOf(total).isHopeless(standing({ failed }))
  t.strictSame([isHopeless(1000, 49), isHopeless(1000, 50), isHopeless(7, 6), isHopeless(7, 7)], [false, true, false, true])
  t.strictSame([isHopeless(undefined, 49), isHopeless(undefined, 50)], [false, true])
  t.notOk(watchOf(1000).isHopeless(standing({ done: 1, failed: 500 })), 'something answered')
})

t.test('hopeless after the first failing connect, when all have had their time and nobody got through', async t => {
  const watch = new PhaseWatch({
    ...{ phase, total: 1000, forMs: undefined, before: tallyOf({}) },
    ...{ startedMs: performance.now() - 5_000, connectTimeoutMs: 2_000 },
  })
  t.ok(watch.isHopeless(standing({ failed: 1 }, 1_999)), 'those under way are no older than a connect may take')
  t.notOk(watch.isHopeless(standing({ failed: 1 }, 4_900)), 'one is: it got through, and waits for something else')
  t.notOk(watch.isHopeless(standing({ failed: 0 }, 1_999)), 'nothing failed')
  t.notOk(watch.isHopeless(standing({ done: 1, failed: 1 }, 1_999)), 'something answered')
})
