import t from 'tap'
import {
  BOOT_EVENTS,
  BOOT_STEPS,
  type BootEvent,
  type BootStepName,
  CAPF_RULES,
  type CapfFacts,
  CONFIG_RULES,
  type ConfigFacts,
  type DecisionRow,
  decide,
  LIST_RULES,
  type ListFacts,
  nextStep,
} from '../src/index.ts'

const BOTH = [true, false]
const VERDICTS = ['valid', 'bad-signature', 'unknown-signer'] as const
const TVS = ['unasked', 'confirmed', 'denied', 'silent', 'none'] as const

/** Every combination of what each fact can be. */
const every = <F extends object>(values: { readonly [K in keyof F]: readonly F[K][] }): F[] =>
  (Object.keys(values) as (keyof F)[]).reduce<F[]>(
    (made, name) => made.flatMap(facts => values[name].map(value => ({ ...facts, [name]: value }))),
    [{} as F],
  )

const LIST_FACTS = every<ListFacts>({
  form: ['list', 'malformed'],
  isHeld: BOTH,
  knowsDigest: BOTH,
  hasSigners: BOTH,
  known: VERDICTS,
  own: VERDICTS,
  tvs: TVS,
})
const CONFIG_FACTS = every<ConfigFacts>({
  form: ['plain', 'signed', 'malformed'],
  hasSigners: BOTH,
  isSecure: BOTH,
  isNamed: BOTH,
  knowsDigest: BOTH,
  known: VERDICTS,
  tvs: TVS,
})
const CAPF_FACTS = every<CapfFacts>({
  mode: ['none', 'null', 'string', 'lsc', 'mic'],
  isFull: BOTH,
  isEncrypted: BOTH,
  isLocked: BOTH,
  isKnownLsc: BOTH,
  hasString: BOTH,
})

/** Rows that no facts lead to: they would be dead. */
const unreached = <F extends object, D>(rows: readonly DecisionRow<F, D>[], facts: readonly F[]): string[] => {
  const decisions = new Set(facts.map(one => decide(rows, one)))
  return rows.filter(({ decision }) => !decisions.has(decision)).map(({ why }) => why)
}

t.test('every row of every table of decisions is somebody’s answer', async t => {
  t.strictSame(unreached(LIST_RULES, LIST_FACTS), [])
  t.strictSame(
    unreached(
      CONFIG_RULES.map(row => ({ ...row, decision: { ...row.decision } })),
      CONFIG_FACTS,
    ),
    [],
  )
  t.strictSame(
    unreached(
      CAPF_RULES.map(row => ({ ...row, decision: { ...row.decision } })),
      CAPF_FACTS,
    ),
    [],
  )
})

t.test('a list is taken only on a valid signature, by somebody known or confirmed, or the first time by itself', async t => {
  const taken = LIST_FACTS.filter(facts => decide(LIST_RULES, facts).do === 'accept')
  t.ok(taken.length > 0)
  for (const { form, isHeld, knowsDigest, hasSigners, known, own, tvs } of taken) {
    const isVouchedFor = hasSigners
      ? known === 'valid' || (known === 'unknown-signer' && own === 'valid' && tvs === 'confirmed')
      : own === 'valid'
    if (form !== 'list' || isHeld || !knowsDigest || !isVouchedFor) t.fail(`${known} ${own} ${tvs} ${hasSigners}`)
  }
  const onFaith = taken.filter(facts => 'faith' in decide(LIST_RULES, facts))
  t.ok(
    onFaith.every(({ hasSigners }) => !hasSigners),
    'faith is for the first list alone',
  )
  t.strictSame(new Set(onFaith.map(({ tvs }) => tvs)), new Set(TVS), 'and asks nobody')
})

t.test('a phone with a trust list takes a configuration only signed, or by HTTPS', async t => {
  const taken = CONFIG_FACTS.filter(facts => facts.hasSigners && decide(CONFIG_RULES, facts).do === 'accept')
  t.ok(taken.length > 0)
  for (const { form, isSecure, isNamed, knowsDigest, known, tvs } of taken) {
    const isSigned = known === 'valid' || (known === 'unknown-signer' && tvs === 'confirmed')
    const isGood = form === 'signed' ? isNamed && knowsDigest && isSigned : form === 'plain' && isSecure
    if (!isGood) t.fail(`${form} ${known} ${tvs}`)
  }
})

const trust = { form: 'list', isHeld: false, knowsDigest: true, hasSigners: true, known: 'unknown-signer', own: 'valid' } as const

t.test('what becomes of a list, case by case', async t => {
  const cases: [string, Partial<ListFacts>, object][] = [
    ['first of all, whole', { hasSigners: false }, { do: 'accept', faith: true }],
    ['first of all, changed', { hasSigners: false, own: 'bad-signature' }, { do: 'refuse', code: 'BOOT_BAD_SIGNATURE' }],
    ['first of all, by a stranger', { hasSigners: false, own: 'unknown-signer' }, { do: 'refuse', code: 'BOOT_SIGNER_MISSING' }],
    ['the same again', { isHeld: true }, { do: 'keep' }],
    ['by a known signer', { known: 'valid' }, { do: 'accept' }],
    ['in the name of a known signer', { known: 'bad-signature' }, { do: 'refuse', code: 'BOOT_BAD_SIGNATURE' }],
    ['new signer, nobody to ask', { tvs: 'none' }, { do: 'refuse', code: 'BOOT_TVS_NONE' }],
    ['new signer', { tvs: 'unasked' }, { do: 'askTvs' }],
    ['new signer, confirmed', { tvs: 'confirmed' }, { do: 'accept' }],
    ['new signer, of another cluster', { tvs: 'denied' }, { do: 'refuse', code: 'BOOT_TVS_DENIED' }],
    ['new signer, TVS down', { tvs: 'silent' }, { do: 'refuse', code: 'BOOT_TVS_UNREACHABLE' }],
    ['no list', { form: 'malformed' }, { do: 'refuse', code: 'BOOT_LIST_MALFORMED' }],
    ['SHA-512 for a phone of 2008', { knowsDigest: false }, { do: 'refuse', code: 'BOOT_DIGEST_UNKNOWN' }],
  ]
  for (const [name, facts, expected] of cases) t.strictSame(decide(LIST_RULES, { ...trust, tvs: 'none', ...facts }), expected, name)
})

t.test('whether CAPF is contacted, case by case', async t => {
  const idle: CapfFacts = { mode: 'none', isFull: true, isEncrypted: false, isLocked: false, isKnownLsc: true, hasString: false }
  const cases: [string, Partial<CapfFacts>, object][] = [
    ['nothing pending, all there', {}, { do: 'nothing' }],
    ['nothing pending, another LSC, all there', { isKnownLsc: false }, { do: 'nothing' }],
    ['nothing pending, short file, known LSC', { isFull: false }, { do: 'nothing' }],
    [
      'nothing pending, short file, another LSC',
      { isFull: false, isKnownLsc: false },
      { do: 'contact', reason: 'PUBKEY_MISMATCH', authMode: 'null' },
    ],
    ['encrypted file that opens', { isEncrypted: true }, { do: 'nothing' }],
    [
      'encrypted file that does not open',
      { isEncrypted: true, isLocked: true },
      { do: 'contact', reason: 'DECRYPT_FILE_FAILED', authMode: 'null' },
    ],
    ['by string, nobody typed one', { mode: 'string' }, { do: 'wait' }],
    ['by string', { mode: 'string', hasString: true }, { do: 'contact', reason: 'MANUAL_SESSION', authMode: 'string' }],
    ['by null string', { mode: 'null' }, { do: 'contact', reason: 'NORM_AUTO_SESSION', authMode: 'null' }],
    ['by LSC', { mode: 'lsc' }, { do: 'contact', reason: 'NORM_AUTO_SESSION', authMode: 'lsc' }],
    ['by MIC', { mode: 'mic' }, { do: 'contact', reason: 'NORM_AUTO_SESSION', authMode: 'mic' }],
    ['by LSC, locked', { mode: 'lsc', isLocked: true }, { do: 'contact', reason: 'DECRYPT_FILE_FAILED', authMode: 'lsc' }],
  ]
  for (const [name, facts, expected] of cases) t.strictSame(decide(CAPF_RULES, { ...idle, ...facts }), expected, name)
})

t.test('every step of a boot can be reached, and every way through them ends', async t => {
  const names = Object.keys(BOOT_STEPS) as BootStepName[]
  const events = Object.keys(BOOT_EVENTS) as BootEvent[]
  const reached = new Set<BootStepName>(['server'])
  for (const step of reached) for (const event of events) for (const next of [nextStep(step, event)]) if (next) reached.add(next)
  t.strictSame([...reached].toSorted(), names.toSorted())
  const longest = (step: BootStepName, passed: readonly BootStepName[]): number => {
    if (passed.includes(step)) return Number.POSITIVE_INFINITY
    const following = events.flatMap(event => nextStep(step, event) ?? [])
    return 1 + Math.max(0, ...following.map(next => longest(next, [...passed, step])))
  }
  t.equal(longest('server', []), 11, 'no way leads round in a circle')
  for (const step of names) t.equal(nextStep(step, 'deadEnd'), undefined, `without a file server nothing comes after ${step}`)
})
