import { generateKeyPair, type KeyPair, type KeySpec } from '@capfkit/pki'

const RSA_2048: KeySpec = { type: 'rsa', bits: 2048 }
/** Phones of one stage that make a key: as many have different ones before the first comes again. */
const PHONE_KEYS = 8

/** Keys by what they are for, each made when it is first asked for. Scenarios of one process share them: that costs nothing. */
export class KeyRing {
  readonly #pairs = new Map<string, Promise<KeyPair>>()

  get(name: string, spec: KeySpec = RSA_2048): Promise<KeyPair> {
    const known = this.#pairs.get(name)
    if (known) return known
    const made = generateKeyPair(spec)
    this.#pairs.set(name, made)
    return made
  }

  /** The key that a phone makes: another one each time, of few. */
  ofPhone(index: number, spec: KeySpec): Promise<KeyPair> {
    return this.get(`phone ${index % PHONE_KEYS} ${JSON.stringify(spec)}`, spec)
  }
}
