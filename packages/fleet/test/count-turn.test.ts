import t from 'tap'
import { countTurn, type Ended, notBegun } from '../src/count-turn.ts'

const times = { scheduledMs: 120, actualMs: 100 }
const ordered = { isKnown: true, operation: 'install', isDrawn: false }
const ended = (session: object) => ({ session: { operation: 'install', phasesMs: {}, ...session } }) as Ended

t.test('phases of a session and what the phone took for itself are the time of the operation', async t => {
  const { phasesMs } = countTurn(ended({ phasesMs: { connect: 5, tls: 20, issue: 40 } }), { times, ordered })
  t.strictSame(phasesMs, { connect: 5, tls: 20, issue: 40, phone: 35 })
  const rounded = countTurn(ended({ phasesMs: { tls: 100.2 } }), { times, ordered })
  t.equal(rounded.phasesMs.phone, 0, 'never less than nothing')
})

t.test('what the server wants of a phone is compared with what was ordered, where that is known', async t => {
  const other = ended({ operation: 'none' })
  t.match(countTurn(other, { times, ordered }), { failure: { side: 'server', reason: 'ORDERED_install_GOT_none' } })
  t.equal(countTurn(other, { times, ordered: { ...ordered, isKnown: false } }).failure, undefined)
})

t.test('a deletion that was drawn for a phone without an LSC is done; one that was ordered for all is not', async t => {
  const nothing = ended({ operation: 'delete', failure: { code: 'PHONE_NOTHING_TO_DELETE', side: 'client', phase: 'auth' } })
  const deletion = { ...ordered, operation: 'delete' }
  t.equal(countTurn(nothing, { times, ordered: { ...deletion, isDrawn: true } }).failure, undefined)
  t.match(countTurn(nothing, { times, ordered: deletion }), { failure: { reason: 'PHONE_NOTHING_TO_DELETE' } })
})

t.test('a turn that could not begin says why', async t => {
  const error = Object.assign(new Error('capf.db: broken'), { code: 'STORE_FAILED' })
  t.match(notBegun(error, { times }), { phasesMs: {}, failure: { reason: 'STORE_FAILED', detail: 'capf.db: broken' } })
  t.match(notBegun(new Error('?'), { times }), { failure: { reason: 'FLEET_TURN_FAILED' } })
})
