import t from 'tap'
import { authStringOf, identitiesOf, keyKinds, needsMic } from '../src/identity.ts'
import type { FleetOptions } from '../src/options.ts'
import { fleetOptions, range } from './fleet-options.ts'

const MIX = { auth: 'null=40,string=30,lsc=20,mic=10', models: '8861=3,7821=1', key: 'rsa:2048=1,ec:p256=1' }
const fleet = (given: Partial<FleetOptions> = {}) => {
  const { count, at } = identitiesOf(fleetOptions({ phones: 4000, ...MIX, ...given }))
  return range(count).map(at)
}
const names = (given: Partial<FleetOptions>) => fleet(given).map(({ deviceName }) => deviceName)

t.test('the same seed gives the same fleet, another seed another mix of the same names', async t => {
  const words = (given: Partial<FleetOptions> = {}) => JSON.stringify(fleet(given))
  t.equal(words(), words())
  t.not(words({ seed: 2 }), words())
  t.equal(names({ seed: 2 }).join(), names({}).join())
})

t.test('a phone does not depend on how many there are', async t => {
  t.strictSame(fleet({ phones: 10 }), fleet().slice(0, 10))
})

t.test('modes, models and keys come in the shares of their weights, independent of each other', async t => {
  const phones = fleet()
  const share = (is: (phone: (typeof phones)[number]) => boolean) => phones.filter(is).length / phones.length
  const near = (actual: number, expected: number, what: string) =>
    // Five standard deviations of 4,000 draws.
    t.ok(Math.abs(actual - expected) < 5 * Math.sqrt((expected * (1 - expected)) / phones.length), `${what}: ${actual}`)
  for (const [mode, weight] of Object.entries({ null: 0.4, string: 0.3, lsc: 0.2, mic: 0.1 }))
    near(
      share(({ authMode }) => authMode === mode),
      weight,
      mode,
    )
  near(
    share(({ model }) => model === '8861'),
    0.75,
    '8861',
  )
  near(
    share(({ key }) => key.type === 'ec'),
    0.5,
    'EC',
  )
  near(
    share(({ authMode, model, key }) => authMode === 'null' && model === '7821' && key.type === 'ec'),
    0.4 * 0.25 * 0.5,
    'all three at once',
  )
})

t.test('names count up from the start MAC, in capitals, and begin again after the last address', async t => {
  t.strictSame(names({ phones: 3, startMac: '00deadbeeffe' }), ['SEP00DEADBEEFFE', 'SEP00DEADBEEFFF', 'SEP00DEADBEF000'])
  t.strictSame(names({ phones: 3, startMac: 'FFFFFFFFFFFE' }), ['SEPFFFFFFFFFFFE', 'SEPFFFFFFFFFFFF', 'SEP000000000000'])
  t.equal(new Set(names({ phones: 4000, startMac: 'fffffffff000' })).size, 4000)
  for (const startMac of ['0000', '00:11:22:33:44:55', '00000000000g'])
    t.throws(() => names({ startMac }), { name: 'OptionError', message: /startMac must be 12 hex digits/ }, startMac)
})

t.test('authentication strings: 8 digits, fixed by the seed, new in each round', async t => {
  const place = { seed: 1, index: 5, round: 0 }
  t.equal(authStringOf(place), authStringOf({ ...place }))
  for (const other of [{ seed: 2 }, { index: 6 }, { round: 1 }]) t.not(authStringOf({ ...place, ...other }), authStringOf(place))
  const strings = range(2000).map(index => authStringOf({ ...place, index }))
  t.ok(strings.every(string => /^\d{8}$/.test(string)))
  t.ok(
    strings.some(string => string.startsWith('0')),
    'zeros at the front are kept',
  )
})

t.test('a MIC is made for who authenticates by certificate, has none yet, and is of a model that has one', async t => {
  const phone = { deviceName: 'SEP1', model: '8861', authMode: 'mic' } as const
  t.equal(needsMic(phone), true)
  t.equal(needsMic({ ...phone, authMode: 'lsc' }), true)
  for (const other of [{ authMode: 'null' }, { authMode: 'string' }, { model: 'CIPC' }, { micFile: 'mic.pem' }] as const)
    t.equal(needsMic({ ...phone, ...other }), false, JSON.stringify(other))
})

t.test('the kinds of key that a run needs: what is ordered, and RSA-2048 where there are MICs', async t => {
  const kinds = (given: Partial<FleetOptions>) => [...keyKinds(fleetOptions(given))].sort()
  t.strictSame(kinds({}), ['rsa:2048'])
  t.strictSame(kinds({ key: 'ec:p256=1,rsa:2048=0' }), ['ec:p256'])
  t.strictSame(kinds({ key: 'ec:p256=1,ec:p521=2', auth: 'null=9,mic=1' }), ['ec:p256', 'ec:p521', 'rsa:2048'])
  t.strictSame(kinds({ key: 'ec:p256=1', auth: 'null=9,mic=0' }), ['ec:p256'])
  t.strictSame(kinds({ key: 'rsa:1024=1', auth: 'lsc=1', models: 'CIPC=1' }), ['rsa:1024'], 'CIPC has no MIC')
  const csv = (line: string) => `${t.testdir({ 'phones.csv': `name,auth\n${line}\n` })}/phones.csv`
  t.strictSame(kinds({ key: 'ec:p256=1', auth: 'null=1', csv: csv('SEP1,mic') }), ['ec:p256', 'rsa:2048'])
  t.strictSame(kinds({ key: 'ec:p256=1', auth: 'mic=1', csv: csv('SEP1,null') }), ['ec:p256'])
})
