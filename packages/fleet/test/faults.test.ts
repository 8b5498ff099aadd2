import { type AuthMode, FAULT_NAMES, type Outcome, parseFault } from '@capfkit/phone'
import t from 'tap'
import { FaultyPhones } from './faulty-phones.ts'

/** A server that waits for nobody, so that waiting for it is short. */
const impatient = await FaultyPhones.start({ replyTimeoutMs: 700, keyGenerationTimeoutMs: 700, handshakeTimeoutMs: 700 })
const patient = await FaultyPhones.start()
t.teardown(() => Promise.all([impatient[Symbol.asyncDispose](), patient[Symbol.asyncDispose]()]))

/** What a server of this project does about it, and whether the order is still there afterwards. */
type Expected = { fault: string; mode?: AuthMode; outcome: Outcome; waits?: true; order?: 'none' }

const EXPECTED: readonly Expected[] = [
  { fault: 'silent-connect', outcome: 'closed', waits: true },
  { fault: 'half-hello', outcome: 'closed', waits: true },
  { fault: 'half-hello:bytes=1', outcome: 'closed', waits: true },
  { fault: 'no-tls', outcome: 'closed' },
  { fault: 'wrong-string', mode: 'string', outcome: 'refused' },
  { fault: 'wrong-string:times=3', mode: 'string', outcome: 'refused' },
  { fault: 'no-certificate', mode: 'mic', outcome: 'refused' },
  { fault: 'expired-certificate', mode: 'mic', outcome: 'refused' },
  { fault: 'future-certificate', mode: 'mic', outcome: 'refused' },
  { fault: 'foreign-certificate', mode: 'mic', outcome: 'refused' },
  { fault: 'oversize', outcome: 'refused' },
  { fault: 'oversize:at=KEY_GENERATE_RESPONSE', outcome: 'refused' },
  { fault: 'truncated-element', outcome: 'refused' },
  { fault: 'truncated-element:at=STORE_CERTIFICATE_RESPONSE', outcome: 'refused' },
  { fault: 'unknown-element', outcome: 'done', order: 'none' },
  { fault: 'lying-length', outcome: 'refused' },
  { fault: 'lying-length:says=more,bytes=100', outcome: 'refused', waits: true },
  { fault: 'garbage', outcome: 'refused' },
  { fault: 'garbage:at=KEY_GENERATE_RESPONSE,bytes=1', outcome: 'refused' },
  { fault: 'duplicate-message', outcome: 'refused' },
  { fault: 'duplicate-message:at=KEY_GENERATE_RESPONSE', outcome: 'refused' },
  { fault: 'duplicate-message:at=STORE_CERTIFICATE_RESPONSE', outcome: 'done', order: 'none' },
  { fault: 'misplaced-message', outcome: 'refused' },
  { fault: 'misplaced-message:at=KEY_GENERATE_RESPONSE,sends=DELETE_CERTIFICATE_RESPONSE', outcome: 'refused' },
  { fault: 'reused-session-id', outcome: 'refused' },
  { fault: 'reused-session-id:at=STORE_CERTIFICATE_RESPONSE', outcome: 'refused' },
  { fault: 'stall:ms=20', outcome: 'done', order: 'none' },
  { fault: 'stall:ms=20,at=connected', outcome: 'done', order: 'none' },
  { fault: 'stall:ms=3000,at=STORE_CERTIFICATE_RESPONSE', outcome: 'refused', waits: true },
  { fault: 'go-silent', outcome: 'closed', waits: true },
  { fault: 'go-silent:at=connected', outcome: 'closed', waits: true },
  { fault: 'go-silent:at=KEY_GENERATE_REQUEST', outcome: 'closed', waits: true },
  { fault: 'reset', outcome: 'cut' },
  { fault: 'reset:at=connected', outcome: 'cut' },
  { fault: 'reset:at=secured', outcome: 'cut' },
  { fault: 'reset:at=KEY_GENERATE_RESPONSE,when=after', outcome: 'cut' },
  { fault: 'reset:at=STORE_CERTIFICATE_REQUEST', outcome: 'cut' },
  { fault: 'hang-up', outcome: 'closed' },
  { fault: 'hang-up:at=connected', outcome: 'closed' },
  { fault: 'hang-up:at=KEY_GENERATE_RESPONSE', outcome: 'closed' },
  { fault: 'tiny-segments', outcome: 'done', order: 'none' },
  { fault: 'clock-skew:skewMs=-60000', outcome: 'done', order: 'none' },
  { fault: 'clock-skew', outcome: 'refused' },
]

t.test('every fault is tried', async t => {
  const tried = new Set(EXPECTED.map(({ fault }) => fault.split(':')[0]))
  t.strictSame([...tried].sort(), [...FAULT_NAMES].sort())
})

for (const { fault: words, mode = 'null', outcome, waits, order = 'install' } of EXPECTED) {
  t.test(`${words}: ${outcome}, and the same phone has its certificate afterwards`, async t => {
    const world = waits ? impatient : patient
    const fault = parseFault(words)
    const phone = await world.phone(mode)
    const result = await phone.contactCapf({ servers: [world.target], disturbance: world.order(fault) })
    t.strictSame(result.disturbed, { fault: fault.name, outcome, isExpected: true })
    t.equal(result.sessions, fault.name === 'wrong-string' ? fault.parameters.times : 1)
    t.equal(result.failure?.code.startsWith('PHONE_FAULT') ?? false, false, 'no failure of the server')
    t.equal(result.ok, outcome === 'done')

    if (outcome !== 'cut') t.equal((await world.row(phone)).operation, order, 'the order')
    const again = await phone.contactCapf({ servers: [world.target] })
    t.equal(again.failure, undefined)
    t.equal(again.operation, order)
    t.equal((await world.row(phone)).operation, 'none')
  })
}

t.test('a server that has nothing for a phone need not ask who it is, but takes no garbage either', async t => {
  const phone = await patient.phone('string')
  t.match(await phone.contactCapf({ servers: [patient.target] }), { ok: true, lsc: 'installed' })
  for (const [words, outcome] of [
    ['wrong-string', 'idle'],
    ['garbage', 'refused'],
    ['tiny-segments', 'idle'],
  ] as const) {
    const result = await phone.contactCapf({ servers: [patient.target], disturbance: patient.order(parseFault(words)) })
    t.match(result.disturbed, { outcome, isExpected: true }, words)
  }
})
