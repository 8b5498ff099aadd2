import fc from 'fast-check'
import t from 'tap'
import { type EventName, type State, type Step, step, TRANSITIONS, takes } from '../src/machine.ts'
import { OP_STATUS, type OpStatus } from '../src/status.ts'

const TABLE: Readonly<Record<string, Readonly<Record<string, Step>>>> = TRANSITIONS
const STATES = Object.keys(TABLE) as State[]
const ROWS = Object.entries(TABLE).flatMap(([from, row]) =>
  Object.entries(row).map(([event, taken]) => ({ from, event, ...taken })),
)
const EVENTS = [...new Set(ROWS.map(({ event }) => event))] as EventName[]
const STATUSES = Object.keys(OP_STATUS) as OpStatus[]

/** States that wait for somebody: all but the one before the phone is spoken to and the one after. */
const WAITING = STATES.filter(state => state.startsWith('AWAIT_'))

const reachableFrom = (start: string): Set<string> => {
  const seen = new Set([start])
  for (const state of seen) for (const { to } of Object.values(TABLE[state] ?? {})) seen.add(to)
  return seen
}

// [CAPF-5.1]
t.test('the states are those of a CAPF session, named as the trace names them', async t => {
  t.strictSame(STATES, [
    'IDLE',
    'AWAIT_AUTH_RESP',
    'AWAIT_DEVICE_RESP',
    'AWAIT_KEY_GEN_RESP',
    'AWAIT_SIGN_CERT_RESP',
    'AWAIT_CA_CERT_RESP',
    'AWAIT_STORE_CERT_RESP',
    'AWAIT_FETCH_CERT_RESP',
    'AWAIT_DELETE_CERT_RESP',
    'AWAIT_DB_RESP',
    'CLOSED',
  ])
})

t.test('every state that a row names is a state, and every state is reached from IDLE', async t => {
  for (const { from, event, to } of ROWS) t.ok(to in TABLE, `${from} ${event} goes to ${to}`)
  t.strictSame([...reachableFrom('IDLE')].sort(), [...STATES].sort())
})

t.test('every state can end', async t => {
  for (const state of STATES) t.ok(reachableFrom(state).has('CLOSED'), state)
})

t.test('whoever is waited for may be silent, go away, talk nonsense, and the server may stop', async t => {
  for (const state of ['IDLE', ...WAITING] as State[])
    for (const event of ['TIMEOUT', 'HANG_UP', 'PROTOCOL_ERROR', 'STOP'] as const) t.ok(takes(state, event), `${state} ${event}`)
})

t.test('a time-out always ends the session, at the latest with the outcome written', async t => {
  for (const state of WAITING) {
    const taken = step(state, { name: 'TIMEOUT' })
    t.ok(taken?.to === 'CLOSED' || (taken?.to === 'AWAIT_DB_RESP' && state !== 'AWAIT_DB_RESP'), `${state} goes to ${taken?.to}`)
  }
})

t.test(
  'a phone that takes too long over a delete or a troubleshoot has timed out, as over its key; one that goes is lost',
  async t => {
    for (const state of ['AWAIT_KEY_GEN_RESP', 'AWAIT_DELETE_CERT_RESP', 'AWAIT_FETCH_CERT_RESP'] as const) {
      t.match(step(state, { name: 'TIMEOUT' }), { status: 'CAPF_OP_FAIL_OP_TIMED_OUT' }, state)
      t.match(step(state, { name: 'HANG_UP' }), { status: 'CAPF_OP_FAIL_PHONE_COMM_ERROR' }, state)
    }
  },
)

t.test('each waiting state is entered by the action that makes somebody answer', async t => {
  const asks: Readonly<Record<string, readonly string[]>> = {
    AWAIT_AUTH_RESP: ['sendAuthRequest'],
    AWAIT_DEVICE_RESP: ['checkDevice'],
    AWAIT_KEY_GEN_RESP: ['sendKeyGenerateRequest', 'keepWaiting'],
    AWAIT_SIGN_CERT_RESP: ['sendSignRequest'],
    AWAIT_CA_CERT_RESP: ['requestCertificate'],
    AWAIT_STORE_CERT_RESP: ['sendStoreRequest'],
    AWAIT_FETCH_CERT_RESP: ['sendFetchRequest'],
    AWAIT_DELETE_CERT_RESP: ['sendDeleteRequest'],
    AWAIT_DB_RESP: ['recordOutcome', 'nothing'],
    CLOSED: ['endSession', 'askToComeAgain', 'release'],
  }
  for (const { from, event, to, do: action } of ROWS) t.ok(asks[to]?.includes(action), `${from} ${event}: ${action}, then ${to}`)
})

t.test('an outcome is written once: nothing but the store moves a session that waits for the store', async t => {
  for (const { from, event, do: action } of ROWS.filter(({ from }) => from === 'AWAIT_DB_RESP'))
    t.not(action, 'recordOutcome', `${from} ${event}`)
})

t.test('every recorded outcome has a status, and only a success fulfils the order', async t => {
  const recorded = ROWS.filter(({ do: action }) => action === 'recordOutcome')
  t.ok(recorded.length > 20)
  for (const { from, event, status, fulfils, reason } of recorded) {
    const where = `${from} ${event}`
    if (event === 'DEVICE_REFUSED') {
      t.equal(status, undefined, `${where}: the refusal brings its own`)
      continue
    }
    const { code } = OP_STATUS[status!] ?? {}
    t.type(code, 'number', `${where}: ${status} is in the table`)
    t.equal(fulfils === true, code === 0 || code === 1, `${where}: ${status} ${fulfils ? 'fulfils' : 'leaves'} the order`)
    // What waits for its CA is neither done nor refused.
    const isRefused = fulfils !== true && status !== 'CAPF_OP_WAITING'
    t.equal(reason === 7, isRefused, `${where}: REASON ${reason}`)
  }
  for (const { from, event, fulfils, do: action } of ROWS)
    if (fulfils) t.equal(action, 'recordOutcome', `${from} ${event} does not fulfil in silence`)
})

t.test('the walk of an install, event by event', async t => {
  const events: EventName[] = [
    'PHONE_CONNECTED',
    'AUTH_RESP',
    'DEVICE_INSTALL',
    'KEY_GEN_IN_PROGRESS',
    'KEY_GEN_IN_PROGRESS',
    'KEY_GEN_RESP',
    'CA_CERT_REP',
    'STORE_CERT_RESP',
    'DB_UPDATED',
  ]
  let state: State = 'IDLE'
  const walk = events.map(name => {
    const taken = step(state, { name })!
    state = taken.to
    return `${taken.do} ${taken.to}`
  })
  t.strictSame(walk, [
    'sendAuthRequest AWAIT_AUTH_RESP',
    'checkDevice AWAIT_DEVICE_RESP',
    'sendKeyGenerateRequest AWAIT_KEY_GEN_RESP',
    'keepWaiting AWAIT_KEY_GEN_RESP',
    'keepWaiting AWAIT_KEY_GEN_RESP',
    'requestCertificate AWAIT_CA_CERT_RESP',
    'sendStoreRequest AWAIT_STORE_CERT_RESP',
    'recordOutcome AWAIT_DB_RESP',
    'endSession CLOSED',
  ])
})

t.test('the walk of an install whose request the phone signs, and of one whose certificate comes later', async t => {
  const walk = (events: EventName[]) => {
    let state: State = 'IDLE'
    return events.map(name => {
      const taken = step(state, { name })!
      state = taken.to
      return `${taken.do} ${taken.to}`
    })
  }
  const toDevice = ['PHONE_CONNECTED', 'AUTH_RESP'] as const
  t.strictSame(walk([...toDevice, 'DEVICE_INSTALL', 'KEY_GEN_OFFER', 'SIGN_CERT_RESP', 'CA_CERT_WAIT', 'DB_UPDATED']).slice(3), [
    'sendSignRequest AWAIT_SIGN_CERT_RESP',
    'requestCertificate AWAIT_CA_CERT_RESP',
    'recordOutcome AWAIT_DB_RESP',
    'endSession CLOSED',
  ])
  t.strictSame(walk([...toDevice, 'DEVICE_WAIT', 'DB_UPDATED']).slice(2), ['recordOutcome AWAIT_DB_RESP', 'endSession CLOSED'])
  t.strictSame(walk([...toDevice, 'DEVICE_STORE', 'STORE_CERT_RESP', 'DB_UPDATED']).slice(2), [
    'sendStoreRequest AWAIT_STORE_CERT_RESP',
    'recordOutcome AWAIT_DB_RESP',
    'endSession CLOSED',
  ])
})

t.test('only a phone that does not take its certificate supersedes the request', async t => {
  t.strictSame(
    ROWS.filter(({ supersedes }) => supersedes).map(({ from, event }) => `${from} ${event}`),
    ['AWAIT_STORE_CERT_RESP STORE_CERT_FAIL'],
  )
})

t.test('an event without a place in a state is a protocol error', async t => {
  for (const state of STATES.filter(state => state !== 'CLOSED'))
    for (const name of EVENTS.filter(name => !takes(state, name)))
      t.strictSame(step(state, { name }), step(state, { name: 'PROTOCOL_ERROR' }), `${state} ${name}`)
})

t.test('an event that brings a status has its own way with the status of the row', async t => {
  const plain = step('AWAIT_CA_CERT_RESP', { name: 'CA_CERT_REJECT' })
  t.equal(plain?.status, 'CAPF_OP_FAIL_CA_REJECT')
  const other = step('AWAIT_CA_CERT_RESP', { name: 'CA_CERT_REJECT', status: 'CAPF_OP_FAIL_CA_COMM_ERROR' })
  t.strictSame(other, { ...plain, status: 'CAPF_OP_FAIL_CA_COMM_ERROR' })
})

t.test('CLOSED takes nothing', async t => {
  for (const name of EVENTS) {
    t.equal(step('CLOSED', { name }), undefined, name)
    t.equal(takes('CLOSED', name), false, name)
  }
})

t.test('no sequence of events throws, leaves the table, or wakes a closed session', async t => {
  const event = fc.record({ name: fc.constantFrom(...EVENTS), status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }) })
  const property = fc.property(fc.array(event, { maxLength: 60 }), events => {
    let state: State = 'IDLE'
    for (const { name, status } of events) {
      const taken = step(state, { name, ...(status ? { status } : {}) })
      if (state === 'CLOSED' && taken) return false
      if (!taken) continue
      if (!(taken.to in TABLE)) return false
      state = taken.to
    }
    // Whatever happened, silence from here on ends it in two steps.
    for (let steps = 0; steps < 2; steps++) state = step(state, { name: 'TIMEOUT' })?.to ?? state
    return state === 'CLOSED'
  })
  fc.assert(property, { numRuns: 3000 })
  t.pass('3000 sequences')
})
