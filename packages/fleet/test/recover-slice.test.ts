import { CertificateIssuer, generateKeyPair, lscSubject, newManufacturingCa, parseCertificate } from '@capfkit/pki'
import { type Device, MemoryDeviceStore } from '@capfkit/server'
import t from 'tap'
import { recoverSlice } from '../src/distributed/recover-slice.ts'
import type { EncodedPhone } from '../src/fleet-file/kept.ts'
import { identitiesOf } from '../src/identity.ts'
import type { FleetOptions } from '../src/index.ts'
import { orderPhase } from '../src/orders.ts'
import { planOf } from '../src/plan/from-options.ts'
import { Tally } from '../src/tally.ts'
import { fleetOptions, range } from './fleet-options.ts'

const now = () => new Date()
const ca = await newManufacturingCa({ now })
const issuer = CertificateIssuer.create({
  certificateDer: ca.certificateDer,
  privateKey: ca.keyPair.privateKey,
  profile: 'lsc',
  now,
})
const issuerName = parseCertificate(ca.certificateDer).subject

/** A key, and the certificate that a server has issued for it. */
const enrolled = async (deviceName: string) => {
  const { publicKeyDer, privateKey } = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
  const { certificateDer } = await issuer.issue({ subject: lscSubject({ deviceName, issuer: issuerName }), publicKeyDer })
  return { key: { publicKeyDer, privateKeyDer: privateKey.export({ format: 'der', type: 'pkcs8' }) }, certificateDer }
}

/** A store in which the first phones of a plan have had their turn, each with this certificate. */
const begin = async (
  options: Partial<FleetOptions>,
  { done, number = 0 }: { done: Map<number, Buffer | undefined>; number?: number },
) => {
  const plan = planOf(fleetOptions({ phones: 6, ...options }))
  const identities = identitiesOf(plan.options)
  const store = new MemoryDeviceStore()
  for (const round of range(number + 1)) await orderPhase(store, { plan, number: round })
  for (const [index, certificateDer] of done) {
    const name = identities.at(index).deviceName
    const lease = { name, node: 'one', token: 'token' }
    await store.claim(lease)
    const certificate = certificateDer && {
      ...{ certificateDer, publicKeyPem: '', issuerName: '', validUntil: now(), issuerValidUntil: now() },
    }
    const operation = plan.phases[number]!.operations[0]!.name as Device['operation']
    await store.settle(lease, { operation, status: 5 as never, fulfilled: true, certificate })
  }
  const pending = async () => {
    const names: string[] = []
    for await (const { name } of store.list({ operation: 'install' })) names.push(name)
    return names.map(name => Number.parseInt(name.slice(-2), 16))
  }
  const nameOf = (index: number) => identities.at(index).deviceName
  const recover = (phones: readonly EncodedPhone[] | undefined, laps = new Map<number, number>()) => {
    const known = phones && new Map(phones.map(phone => [phone.deviceName, phone]))
    const of = { plan, identities, number, slice: 0, slices: 1, laps, phones: known, meanwhile: async () => {} }
    return recoverSlice(store, of).then(told => ({ told, laps, known }))
  }
  return { plan, pending, nameOf, recover }
}

const NAMES = range(6).map(index => `SEP02000000000${index}`)

t.test('what a server did counts, where nobody needs the key any more', async t => {
  const { certificateDer } = await enrolled(NAMES[1]!)
  const { recover, pending } = await begin({}, { done: new Map([0, 1, 2].map(index => [index, certificateDer])) })
  const { told, laps } = await recover(undefined, new Map([[0, 1]]))
  t.match(
    told.results.map(({ phone, outcome }) => [phone, outcome]),
    [
      [1, 'recovered'],
      [2, 'recovered'],
    ],
  )
  t.match(Tally.decode(told.since.tally), { started: 2, done: 2 })
  t.strictSame([...laps.keys()], [0, 1, 2])
  t.strictSame(await pending(), [3, 4, 5])
})

t.test(
  'a phone has the certificate that a server has issued for its key, and one whose key was lost has its order again',
  async t => {
    const [known, lost, fresh] = await Promise.all([NAMES[0]!, NAMES[1]!, NAMES[2]!].map(enrolled))
    const done = new Map([known, lost, fresh].map((one, index) => [index, one!.certificateDer]))
    const { recover, pending } = await begin({ rounds: 'install,delete' }, { done })
    const { told, known: phones } = await recover([
      { deviceName: NAMES[0]!, model: '8861', pendingKey: known!.key },
      { deviceName: NAMES[1]!, model: '8861', pendingKey: known!.key },
    ])
    t.strictSame(
      told.results.map(({ phone }) => phone),
      [0],
    )
    t.match(told.kept, [{ kind: 'ended', deviceName: NAMES[0]!, lsc: { now: { certificateDer: known!.certificateDer } } }])
    t.strictSame(phones?.get(NAMES[0]!), { deviceName: NAMES[0]!, model: '8861', lsc: known })
    t.strictSame(await pending(), [1, 2, 3, 4, 5], 'also of the one that nobody had heard of')
  },
)

t.test('a phone whose certificate was deleted has none, whatever its worker knew', async t => {
  const lsc = await enrolled(NAMES[0]!)
  const { recover } = await begin({ rounds: 'install,delete' }, { number: 1, done: new Map([[0, undefined]]) })
  const { told, known } = await recover([{ deviceName: NAMES[0]!, model: '8861', lsc }])
  t.match(told.kept, [{ operation: 'delete', lsc: { now: undefined } }])
  t.strictSame(known?.get(NAMES[0]!), { deviceName: NAMES[0]!, model: '8861' })
})

t.test('where devices come again nobody can say how often, and the first turn is ordered again', async t => {
  const { plan, recover, pending } = await begin({}, { done: new Map([[0, undefined]]) })
  Object.assign(plan.phases[0]!, { devices: 'again' })
  const { told } = await recover([])
  t.strictSame(told.results, [])
  t.strictSame(await pending(), [0, 1, 2, 3, 4, 5])
})
