import type { Credential, MadeKey } from '@capfkit/phone'
import { readPrivateKey } from '@capfkit/pki'
import {
  type CertifiedKey,
  type EncodedCredential,
  type EncodedKey,
  type EncodedPhone,
  type Kept,
  type KeptPhone,
  type PhoneKeeping,
  pkcs8Of,
} from '../fleet-file/kept.ts'

const encodedKey = (key: MadeKey | EncodedKey): EncodedKey => ({ publicKeyDer: key.publicKeyDer, privateKeyDer: pkcs8Of(key) })

const encodedCredential = (credential: CertifiedKey | undefined): EncodedCredential | undefined =>
  credential && { certificateDer: credential.certificateDer, key: encodedKey(credential.key) }

/** The same in bytes alone, for another process. */
const encoded = (kept: Kept): Kept => {
  if (kept.kind === 'made') return { ...kept, mic: encodedCredential(kept.mic) }
  if (kept.kind === 'madeKey') return kept
  const { lsc, pendingKey } = kept
  return { ...kept, lsc: lsc && { now: encodedCredential(lsc.now) }, pendingKey: pendingKey && encodedKey(pendingKey) }
}

const credentialOf = ({ certificateDer, key }: EncodedCredential): Credential => ({
  certificateDer,
  get privateKey() {
    return readPrivateKey(key.privateKeyDer).privateKey
  },
})

const pairOf = ({ publicKeyDer, privateKeyDer }: EncodedKey): MadeKey => ({
  publicKeyDer,
  get privateKey() {
    return readPrivateKey(privateKeyDer).privateKey
  },
})

/** What the phones of a process have, on its way from and to the store of their run. */
export class StoredPhones implements PhoneKeeping {
  readonly #phones = new Map<string, EncodedPhone>()
  /** Keys whose sessions have not ended yet: most sessions end before their keys would be written. */
  readonly #freshKeys = new Map<string, Kept>()
  #kept: Kept[] = []

  /** What phones had that come here now. */
  add(phones: readonly EncodedPhone[]): void {
    for (const phone of phones) this.#phones.set(phone.deviceName, phone)
  }

  /** Nothing is to be had by asking only once: phones come while the process runs. */
  readonly isEmpty = false

  /** Once for each time that a phone comes: from then on it knows by itself. */
  read(deviceName: string): KeptPhone | undefined {
    const phone = this.#phones.get(deviceName)
    this.#phones.delete(deviceName)
    return (
      phone && {
        model: phone.model,
        ...(phone.mic ? { mic: credentialOf(phone.mic) } : {}),
        ...(phone.lsc ? { lsc: credentialOf(phone.lsc) } : {}),
        ...(phone.pendingKey ? { pendingKey: pairOf(phone.pendingKey) } : {}),
      }
    )
  }

  keep(kept: Kept): void {
    if (kept.kind === 'ended') this.#freshKeys.delete(kept.deviceName)
    this.#kept.push(encoded(kept))
  }

  keepKey(phone: { deviceName: string; model: string }, key: MadeKey): EncodedKey {
    const made = encodedKey(key)
    this.#freshKeys.set(phone.deviceName, { kind: 'madeKey', ...phone, ...made })
    return made
  }

  /** What came together since the call before, in its order. */
  take(): Kept[] {
    const kept = [...this.#kept, ...this.#freshKeys.values()]
    this.#kept = []
    this.#freshKeys.clear()
    return kept
  }
}
