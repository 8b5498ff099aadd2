import type { KeyObject } from 'node:crypto'
import type { StatementSync } from 'node:sqlite'
import type { Credential, MadeKey } from '@capfkit/phone'
import { readPrivateKey } from '@capfkit/pki'
import { FleetError } from '../errors.ts'
import { bytesOf, digestOf, type EncodedKey, pkcs8Of } from './kept.ts'

/** So many keys are known to be in the file already. */
const MOST_DIGESTS = 20_000

type Row = Readonly<Record<string, unknown>>

/** The keys in the file of a fleet, each once, known by the SHA-256 of its public half. */
export class KeptKeys {
  readonly #file: string
  readonly #statements: { readonly key: StatementSync; readonly keepKey: StatementSync }
  readonly #digests = new Set<string>()

  constructor(file: string, statements: { readonly key: StatementSync; readonly keepKey: StatementSync }) {
    this.#file = file
    this.#statements = statements
  }

  /** @returns what the key is known by. */
  put(key: MadeKey | EncodedKey): Buffer {
    const digest = digestOf(key)
    const name = digest.toString('latin1')
    if (this.#digests.has(name)) return digest
    if (this.#digests.size >= MOST_DIGESTS) this.#digests.clear()
    this.#statements.keepKey.run(digest, key.publicKeyDer, pkcs8Of(key))
    this.#digests.add(name)
    return digest
  }

  /** What was put last may not be there after all. */
  forgetDigests(): void {
    this.#digests.clear()
  }

  /** @throws {FleetError} `FLEET_FILE` when the key is asked for and cannot be had. */
  credential(certificate: unknown, digest: unknown): Credential | undefined {
    const [certificateDer, ofKey] = [bytesOf(certificate), bytesOf(digest)]
    if (!certificateDer || !ofKey) return undefined
    const privateKeyOf = () => this.#privateKey(ofKey)
    return {
      certificateDer,
      get privateKey() {
        return privateKeyOf()
      },
    }
  }

  /** @throws {FleetError} `FLEET_FILE`. */
  pair(digest: unknown): MadeKey | undefined {
    const ofKey = bytesOf(digest)
    if (!ofKey) return undefined
    const privateKeyOf = () => this.#privateKey(ofKey)
    return {
      publicKeyDer: bytesOf(this.#row(ofKey).spki)!,
      get privateKey() {
        return privateKeyOf()
      },
    }
  }

  /** Both halves as they stand there. @throws {FleetError} `FLEET_FILE`. */
  encoded(digest: unknown): EncodedKey | undefined {
    const ofKey = bytesOf(digest)
    if (!ofKey) return undefined
    const { spki, pkcs8 } = this.#row(ofKey)
    return { publicKeyDer: bytesOf(spki)!, privateKeyDer: bytesOf(pkcs8)! }
  }

  parse(pkcs8: Buffer): KeyObject {
    try {
      return readPrivateKey(pkcs8).privateKey
    } catch (cause) {
      throw new FleetError('FLEET_FILE', this.#file, { cause })
    }
  }

  #privateKey(digest: Buffer): KeyObject {
    return this.parse(bytesOf(this.#row(digest).pkcs8)!)
  }

  #row(digest: Buffer): Row {
    const row = this.#statements.key.get(digest) as Row | undefined
    if (row) return row
    throw new FleetError('FLEET_FILE', this.#file, { cause: new Error('the key of a certificate is missing in it') })
  }
}
