import { canCommit } from '@capfkit/phone'
import t from 'tap'
import { disturbancesOf } from '../src/disturbance/disturbances.ts'
import { parseFaultRule } from '../src/disturbance/fault-rule.ts'
import { networksOf, parseNetworkGroup } from '../src/disturbance/network-group.ts'
import { identitiesOf } from '../src/identity.ts'
import type { FleetOptions } from '../src/options.ts'
import { planOf } from '../src/plan/from-options.ts'
import type { PlanPhase } from '../src/plan/plan.ts'
import { participantsOf } from '../src/plan/sequence.ts'
import { fleetOptions, range } from './fleet-options.ts'

const FIRST = 0x020000000000

/** Which phones do what in the first phase of a fleet of 1000, in the order of the plan. */
const faultsOf = (rules: readonly string[], given: Partial<FleetOptions> = {}, phase: Partial<PlanPhase> = {}) => {
  const options = fleetOptions({ phones: 1000, ...given })
  const plan = planOf(options)
  const place = {
    plan: { ...plan, phases: [{ ...plan.phases[0]!, ...phase }] },
    number: 0,
    identities: identitiesOf(options),
  }
  const of = disturbancesOf(rules.map(parseFaultRule), place)
  const participants = participantsOf(place)
  const order = range(participants.length).map(position => participants.at(position))
  return { of, order, names: (lap = 0) => order.map(index => of?.({ index, lap })?.name) }
}
const count = (names: readonly unknown[]) => names.filter(name => name !== undefined).length

t.test('without rules nobody does anything wrong, and nothing is asked', async t => {
  t.equal(faultsOf([]).of, undefined)
  t.equal(faultsOf(['reset; phase=another']).of, undefined)
  t.not(faultsOf(['reset; phase=install']).of, undefined)
})

t.test('next: the first n in the order of the plan, each of them and no other', async t => {
  t.strictSame(faultsOf(['reset; next=3']).names(), [...Array(3).fill('reset'), ...Array(997).fill(undefined)])
  const shuffled = faultsOf(['reset; next=3'], {}, { order: 'random' })
  t.strictSame(shuffled.names().slice(0, 4), ['reset', 'reset', 'reset', undefined])
  t.notSame(shuffled.order.slice(0, 3), [0, 1, 2], 'the plan begins with others')
})

t.test('every: each n-th of those that match, however they are spread', async t => {
  const all = faultsOf(['reset; every=10'], {}, { order: 'random' }).names()
  t.strictSame(
    all.flatMap((name, position) => (name ? [position] : [])),
    range(100).map(tenth => tenth * 10 + 9),
  )
  const some = faultsOf(['reset; every=10; phones=SEP0200000000?F'])
  t.equal(count(some.names()), 1, '16 match, and the tenth of them is meant')
  t.equal(some.names().indexOf('reset'), 0x9f)
})

t.test('devices that come again go on being counted', async t => {
  const { of } = faultsOf(['reset; next=1500'])
  t.equal(of?.({ index: 999, lap: 0 })?.name, 'reset')
  t.equal(of?.({ index: 499, lap: 1 })?.name, 'reset')
  t.equal(of?.({ index: 500, lap: 1 }), undefined)
})

t.test('probability and share are drawn from the seed: another seed, others', async t => {
  for (const rule of ['reset; probability=10%', 'reset; share=10%']) {
    const names = faultsOf([rule]).names()
    t.ok(Math.abs(count(names) - 100) < 40, `${rule}: ${count(names)} of 1000`)
    t.strictSame(faultsOf([rule]).names(), names)
    t.notSame(faultsOf([rule], { seed: 2 }).names(), names)
  }
  t.notSame(faultsOf(['reset; probability=10%']).names(1), faultsOf(['reset; probability=10%']).names(0), 'drawn for each turn')
  t.strictSame(faultsOf(['reset; share=10%']).names(1), faultsOf(['reset; share=10%']).names(0), 'drawn once')
})

t.test('the first rule that fits is taken, and a rule more changes nothing for those before it', async t => {
  const alone = faultsOf(['garbage; probability=20%']).names()
  const both = faultsOf(['garbage; probability=20%', 'reset']).names()
  t.strictSame(
    both.map(name => (name === 'garbage' ? name : undefined)),
    alone,
  )
  t.equal(count(both), 1000)
})

t.test('only those misbehave whose way to authenticate lets them', async t => {
  const options = fleetOptions({ phones: 1000, auth: 'null=1,string=1,mic=1' })
  const identities = identitiesOf(options)
  const { of } = faultsOf(['expired-certificate', 'wrong-string'], { auth: 'null=1,string=1,mic=1' })
  for (const index of range(1000)) {
    const { authMode } = identities.at(index)
    const expected = { mic: 'expired-certificate', string: 'wrong-string' }[authMode as string]
    if (of?.({ index, lap: 0 })?.name !== expected) t.fail(`${index}: ${authMode}`)
  }
  t.equal(canCommit({ name: 'expired-certificate' }, 'null'), false)
})

t.test('groups have networks, by name and share, the first that fits', async t => {
  const options = fleetOptions({ phones: 1000 })
  const identities = identitiesOf(options)
  const groups = ['latencyMs=9; phones=*00', 'latencyMs=150,resetPerWrite=0.5%; share=20%'].map(parseNetworkGroup)
  const networkOf = networksOf(groups, { seed: 1, identities })
  const latencies = range(1000).map(index => networkOf(index)?.latencyMs)
  t.strictSame(
    range(4).map(n => latencies[n * 256]),
    [9, 9, 9, 9],
  )
  const far = latencies.filter(ms => ms === 150).length
  t.ok(Math.abs(far - 200) < 60, `${far} of 1000 are far away`)
  t.equal(networksOf([], { seed: 1, identities })(0), undefined)
  t.equal(identities.at(256).deviceName, `SEP${(FIRST + 256).toString(16).toUpperCase().padStart(12, '0')}`)
})

t.test('a rule that is wrong says what it wants', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /fault knows silent-connect, .*got ""/],
    ['explode', /fault knows .*got "explode"/],
    ['reset:at=NOWHERE', /at must be connected \| secured \| .*got "NOWHERE"/],
    ['reset:why=x', /reset has no parameter "why"; known are at, when, patienceMs/],
    ['reset:at', /reset wants PARAMETER=VALUE, got "at"/],
    ['reset:at=secured,at=connected', /reset has at twice/],
    ['stall:ms=0', /ms must be 1\.\.86400000 ms, got 0/],
    ['reset; every=0', /every must be 1\.\./],
    ['reset; every=2; next=3', /every and next exclude each other/],
    ['reset; share=200%', /share must be 0%\.\.100%/],
    ['reset; probability=often', /probability wants a share such as 30%/],
    ['reset; phones=a b', /phones must be a device name with \* and \?/],
    ['reset; colour=red', /fault has no parameter "colour"; known are phones, share, phase, probability, every, next/],
  ]
  for (const [words, message] of refused) t.throws(() => parseFaultRule(words), { name: 'OptionError', message }, words)
  t.throws(() => parseNetworkGroup('latencyMs=-1'), { message: /latencyMs must be 0\.\.60000 ms, got -1/ })
  t.throws(() => parseNetworkGroup('resetPerWrite=2'), { message: /resetPerWrite must be 0% … 100%/ })
})
