import { SENDING } from '@capfkit/tftp'
import t from 'tap'
import { type Event, type State, type Step, step } from '../src/sending.ts'
import { OUTCOMES } from '../src/served.ts'

const steps = Object.entries<Readonly<Record<string, Step>>>(SENDING).flatMap(([state, events]) =>
  Object.entries(events).map(([event, step]) => ({ state: state as State, event: event as Event, step })),
)

t.test('every state is reached, and from every state the transfer can end', async t => {
  const reached = new Set<State>(['AWAIT_FILE', ...steps.map(({ step }) => step.to)])
  t.strictSame([...reached].sort(), Object.keys(SENDING).sort())
  for (const state of Object.keys(SENDING).filter(state => state !== 'CLOSED'))
    t.ok(
      steps.some(one => one.state === state && one.step.to === 'CLOSED'),
      state,
    )
})

t.test('a transfer has an outcome exactly where it ends, and a packet to send where it refuses', async t => {
  for (const { state, event, step } of steps) {
    t.equal(step.outcome !== undefined, step.to === 'CLOSED', `${state} ${event}`)
    t.equal(step.refusal !== undefined, step.do === 'refuse', `${state} ${event}`)
    if (step.outcome) t.ok(Object.hasOwn(OUTCOMES, step.outcome), step.outcome)
  }
})

t.test('silence, a server that stops and a client that errs are answered in every open state', async t => {
  for (const event of ['STOP', 'CLIENT_ERROR', 'NONSENSE', 'ABANDONED', 'BROKEN'] as const)
    for (const state of ['AWAIT_FILE', 'AWAIT_ACK'] as const) t.equal(step(state, event)?.to, 'CLOSED', `${state} ${event}`)
  t.equal(step('CLOSED', 'ACK'), undefined, 'what comes after the end means nothing')
  t.equal(step('AWAIT_FILE', 'ACK'), undefined, 'nor does what comes before the file')
})

t.test('an error that a client sent is never answered with one', async t => {
  for (const { event, step } of steps.filter(({ event }) => event === 'CLIENT_ERROR')) t.equal(step.refusal, undefined, event)
})
