import t from 'tap'
import { isUnreachable, nothingAnswers } from '../src/reachability.ts'
import type { Failure } from '../src/tally.ts'

const refused = (count: number): Failure => ({ side: 'server', phase: 'connect', reason: 'PHONE_CONNECT_REFUSED', count })

const ended: Failure = { side: 'client', phase: 'connect', reason: 'PHONE_ABORTED', count: 99 }

t.test('only a connect that nobody answered means that nobody is there', async t => {
  t.equal(isUnreachable(refused(1)), true)
  t.equal(isUnreachable({ side: 'network', phase: 'connect' }), true)
  t.equal(isUnreachable({ side: 'client', phase: 'connect' }), false, 'a phone without a credential never connects')
  t.equal(isUnreachable({ side: 'generator', phase: 'connect' }), false, 'no port left on this machine')
  t.equal(isUnreachable({ side: 'server', phase: 'tls' }), false, 'somebody answered')
})

t.test('given up is when enough connects failed in all processes together, and nothing else was seen', async t => {
  const cases: [what: string, parts: Parameters<typeof nothingAnswers>[0], hopeless: boolean][] = [
    ['nothing yet', [], false],
    [
      'nothing yet from two',
      [
        { done: 0, failures: [] },
        { done: 0, failures: [] },
      ],
      false,
    ],
    ['too few', [{ done: 0, failures: [refused(49)] }], false],
    ['enough', [{ done: 0, failures: [refused(50)] }], true],
    ['enough together', [25, 25].map(count => ({ done: 0, failures: [refused(count)] })), true],
    [
      'one success',
      [
        { done: 0, failures: [refused(5000)] },
        { done: 1, failures: [] },
      ],
      false,
    ],
    ['those that were ended before they could find out say nothing', [{ done: 0, failures: [refused(50), ended] }], true],
    ['nor do they alone', [{ done: 0, failures: [ended] }], false],
    ['another failure', [{ done: 0, failures: [refused(5000), { ...refused(1), phase: 'tls' }] }], false],
  ]
  for (const [what, parts, hopeless] of cases) t.equal(nothingAnswers(parts), hopeless, what)
  t.equal(nothingAnswers([{ done: 0, failures: [refused(3)] }], { enough: 3 }), true, 'of three phones three are enough')
})
