import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FINDINGS, type FindingName } from '@capfkit/diagnose'
import t from 'tap'
import { EVIDENCE, KeyRing, runScenarios, SCENARIOS } from '../src/index.ts'
import { changed, diagnosed, namesIn, randomOf, shifted, type Texts, textsOf, together } from './evidence.ts'

const NAMES = Object.keys(FINDINGS) as FindingName[]
const folder = mkdtempSync(join(tmpdir(), 'capf-catalogue-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
/** One run of the catalogue for all tests of this file. */
const keys = new KeyRing()
const first = await runScenarios(NAMES, { evidence: folder, keys })
/** A busy machine may be too slow for some clocks: once more, one at a time. */
const again = await runScenarios(
  first.filter(({ ok }) => !ok).map(({ name }) => name),
  { evidence: folder, keys, atOnce: 1 },
)
const results = first.map(result => again.find(({ name }) => name === result.name) ?? result)
const COLLECTED = new Map(NAMES.map(name => [name, textsOf(join(folder, name))]))
const of = (name: FindingName): Texts => COLLECTED.get(name)!

/** What is there beside the failure itself: a stale LSC comes from a CA that was too slow. */
const BESIDES: Partial<Record<FindingName, readonly FindingName[]>> = { 'stale-lsc': ['ca-enrol-timeout'] }

t.test('there is a scenario for every finding, under its name', async t => {
  t.strictSame(Object.keys(SCENARIOS).sort(), NAMES.toSorted())
  for (const name of NAMES) t.equal(SCENARIOS[name].name, name)
})

t.test('every failure of the catalogue shows what it must, and is over after its cure', async t => {
  t.equal(results.length, NAMES.length)
  for (const { name, ok, error, missing, missingAfter } of results) t.ok(ok, name, { error, missing, missingAfter })
})

t.test('every file of the evidence has a name that the next run knows', async t => {
  const isNamed = (file: string) => file === 'after' || Object.values(EVIDENCE).some(({ named }) => named.test(file))
  for (const name of NAMES)
    t.strictSame(
      readdirSync(join(folder, name)).filter(file => !isNamed(file)),
      [],
      name,
    )
})

t.test('from what an operator would collect, each is found first, and nothing false', async t => {
  for (const name of NAMES) {
    const diagnosis = await diagnosed(of(name))
    t.strictSame(namesIn(diagnosis), [name, ...(BESIDES[name] ?? [])], name)
    t.notOk(diagnosis.findings[0]?.isUnsure, `${name} is no guess`)
    t.ok(diagnosis.findings[0]!.evidence.length > 0, `${name} is shown`)
  }
})

t.test('after the cure nothing is found', async t => {
  for (const name of NAMES) t.strictSame(namesIn(await diagnosed(textsOf(join(folder, name, 'after')))), [], name)
})

/** Phones of one site have one clock here: storms are seen by it. */
const MINUTES = [
  { of: /^error\.log/, later: 3 },
  { of: /^u_ex/, later: 6 },
  { of: /^(?:console|status)_/, later: 7 },
]

t.test('clocks of the sources that differ by minutes change nothing, and are noticed', async t => {
  for (const name of NAMES) {
    const texts = changed(of(name), (text, file) => shifted(text, MINUTES.find(({ of }) => of.test(file))?.later ?? 0))
    t.equal(namesIn(await diagnosed(texts))[0], name)
  }
  const { sources } = await diagnosed(
    changed(of('template-misspelt'), (text, file) => (file === 'error.log' ? shifted(text, 4) : text)),
  )
  t.equal(Math.round(sources.find(({ file }) => file === 'error.log')!.offsetMs! / 1_000), 240)
})

t.test('with one line of ten dropped, nearly all are found all the same', async t => {
  const SEEDS = [1, 2, 3]
  const missed: string[] = []
  for (const name of NAMES)
    for (const seed of SEEDS) {
      const random = randomOf(seed * 7_919)
      const holed = (text: string, file: string) =>
        // A certificate with a hole is none.
        file.endsWith('.pem')
          ? text
          : text
              .split('\n')
              .filter(() => random() > 0.1)
              .join('\n')
      if (namesIn(await diagnosed(changed(of(name), holed)))[0] !== name) missed.push(name)
    }
  t.ok(missed.length <= NAMES.length * SEEDS.length * 0.1, `${missed.length} missed: ${missed.join()}`)
})

/** Pairs of which one lies on the way to the other: CAPF that is not reached says nothing of its CA. */
const HIDES: Partial<Record<FindingName, readonly FindingName[]>> = {
  'ca-cn-capf': ['ca-enrol-timeout', 'capf-service-down', 'capf-unreachable'],
  'ca-login-timeout': ['ca-enrol-timeout'],
  'iis-chain-missing': ['ca-enrol-timeout'],
  'iis-expired': ['ca-enrol-timeout'],
  'iis-name-mismatch': ['ca-enrol-timeout'],
  'iis-not-yet-valid': ['ca-enrol-timeout'],
  'iis-self-signed': ['ca-enrol-timeout', 'iis-chain-missing'],
  'online-ca-name-unresolvable': ['ca-enrol-timeout'],
  'capf-certificate-mismatch': ['capf-service-down', 'capf-unreachable', 'capf-certificate-expired'],
  'capf-certificate-expired': ['capf-service-down', 'capf-unreachable', 'capf-certificate-mismatch'],
}
const STORMS: readonly FindingName[] = ['regeneration-storm', 'reboot-storm']

t.test('two failures at once are both found', async t => {
  const pairs = NAMES.flatMap((first, index) => {
    // Each with a few others, all over the catalogue.
    const others = [1, 17].map(step => NAMES[(index + step) % NAMES.length]!)
    return others.map(second => ({ first, second }))
  })
  for (const { first, second } of pairs) {
    // A storm is most of the phones; those of another failure are few, and a storm in the middle of another is one.
    if (STORMS.includes(first) || STORMS.includes(second)) continue
    if (HIDES[first]?.includes(second) || HIDES[second]?.includes(first)) continue
    const names = namesIn(await diagnosed(together(of(first), of(second))))
    t.ok(names.includes(first) && names.includes(second), `${first} and ${second}: ${names.join()}`)
  }
})

t.test('one sick phone among ten thousand healthy ones is found, and no healthy one', async t => {
  const HEALTHY = 10_000
  const trace = textsOf(join(folder, 'wrong-auth-string', 'after'))
    .get('capf0001.txt')!
    .split('SEP020000000001')
  const sessions = Array.from({ length: HEALTHY }, (_, index) =>
    trace.join(`SEP${(0x1000 + index).toString(16).toUpperCase().padStart(12, '0')}`),
  )
  const rows = Array.from({ length: HEALTHY }, (_, index) => `SEP${String(index).padStart(12, '0')},1,3,2,1,3,,0,\n`).join('')
  const half = HEALTHY / 2
  const [before, after] = [sessions.slice(0, half).join(''), sessions.slice(half).join('')]
  const crowded = (text: string, file: string) =>
    file === 'capf0001.txt' ? `${before}${text}${after}` : file === 'device.csv' ? `${text}${rows}` : text
  for (const name of ['wrong-auth-string', 'ca-enrol-timeout', 'phone-lost'] as const) {
    const diagnosis = await diagnosed(changed(of(name), crowded))
    t.strictSame(namesIn(diagnosis), [name], name)
    t.match(diagnosis.findings[0]?.device, /^SEP02/)
  }
})
