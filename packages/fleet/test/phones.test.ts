import type { Credential, MadeKey, Phone } from '@capfkit/phone'
import { CertificateIssuer, generateKeyPair, lscSubject, newManufacturingCa, parseCertificate } from '@capfkit/pki'
import t from 'tap'
import type { Kept, PhoneKeeping } from '../src/fleet-file/kept.ts'
import { identitiesOf } from '../src/identity.ts'
import { KeySource } from '../src/key-source.ts'
import { FleetPhones } from '../src/phones.ts'
import { planOf } from '../src/plan/from-options.ts'
import { fleetOptions } from './fleet-options.ts'

const now = () => new Date()
const { certificateDer, keyPair } = await newManufacturingCa({ now })
const issuer = CertificateIssuer.create({ certificateDer, privateKey: keyPair.privateKey, profile: 'lsc', now })

/** Phones that keep what they have in a list. */
const begin = async () => {
  const plan = planOf(fleetOptions({ phones: 1, key: 'ec:p256=1', rounds: 'install,upgrade' }))
  const identities = identitiesOf(plan.options)
  const kept: Kept[] = []
  const keeping: PhoneKeeping = {
    ...{ isEmpty: true, read: () => undefined, keep: one => kept.push(one) },
    keepKey: (_, key) => ({
      publicKeyDer: key.publicKeyDer,
      privateKeyDer: key.privateKey.export({ format: 'der', type: 'pkcs8' }),
    }),
  }
  const micCa = { certificateDer, privateKey: keyPair.privateKey }
  const keys = new KeySource({ pool: undefined, first: 0, step: 1 })
  const phones = new FleetPhones({ plan, identities, first: 0, step: 1, trusted: [], micCa, keys, keeping })
  const identity = identities.at(0)
  const phone = await phones.take(0, { identity, round: 0, lap: 0 })
  const { deviceName } = identity
  const enrolled = async (): Promise<Credential & MadeKey> => {
    const { publicKeyDer, privateKey } = await generateKeyPair({ type: 'ec', curve: 'secp256r1' })
    const subject = lscSubject({ deviceName, issuer: parseCertificate(certificateDer).subject })
    const lsc = await issuer.issue({ subject, publicKeyDer })
    return { certificateDer: lsc.certificateDer, publicKeyDer, privateKey }
  }
  /** The turn ends, and the phone has this by now. */
  const done = (lsc: Credential | undefined) => {
    Object.defineProperty(phone, 'lsc', { value: lsc, configurable: true })
    phones.done(0, { phone: phone as Phone, operation: 'unknown' })
    return kept.at(-1) as Kept & { kind: 'ended' }
  }
  return { done, enrolled, next: () => phones.take(0, { identity, round: 1, lap: 0 }) }
}

t.test('a certificate is kept with its key, also when the last session of a turn knows nothing of it', async t => {
  const { done, enrolled } = await begin()
  const lsc = await enrolled()
  const { now: changed } = done(lsc).lsc!
  t.strictSame(changed?.certificateDer, lsc.certificateDer)
  t.strictSame(changed?.key.publicKeyDer, lsc.publicKeyDer)
})

t.test('what a turn leaves as it was is not written again, and what it takes away is gone', async t => {
  const { done, enrolled, next } = await begin()
  const lsc = await enrolled()
  done(lsc)
  await next()
  t.equal(done(lsc).lsc, undefined)
  await next()
  t.strictSame(done(undefined).lsc, { now: undefined })
})
