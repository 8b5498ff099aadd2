import type { TrustRecord } from '@capfkit/codec/tlv'
import { type KnownSigner, recordMatches } from '@capfkit/pki'
import type { TrustListKind } from '../models.ts'
import { FILE_ROLES, type TrustedList } from './trusted-list.ts'

/** The trust lists that a phone holds now. With both, either is enough for everything: the CTL is looked at first. */
export class HeldLists {
  readonly #lists = new Map<TrustListKind, TrustedList>()

  get(kind: TrustListKind): TrustedList | undefined {
    return this.#lists.get(kind)
  }

  set(kind: TrustListKind, list: TrustedList): void {
    this.#lists.set(kind, list)
  }

  clear(): void {
    this.#lists.clear()
  }

  get all(): readonly TrustedList[] {
    return [...this.#lists.values()]
  }

  get isEmpty(): boolean {
    return this.#lists.size === 0
  }

  /** Without any, as with no list or with the empty ones of a rollback, the next list is taken on faith [BOOT-2.1]. */
  get listSigners(): readonly KnownSigner[] {
    return this.all.flatMap(({ listSigners }) => listSigners)
  }

  /** Without any, configurations are asked for and taken unsigned [BOOT-3.1]. */
  get fileSigners(): readonly KnownSigner[] {
    return this.all.flatMap(({ fileSigners }) => fileSigners)
  }

  recordsOf(role: number): TrustRecord[] {
    return this.all.flatMap(list => list.recordsOf(role))
  }

  /** Whether a record with this role stands for the certificate, full or by its hash. */
  has(certificateDer: Buffer, role: number): boolean {
    return this.recordsOf(role).some(record => recordMatches(record, certificateDer))
  }

  /** Whether HTTPS 6971 is served [BOOT-1.4]. */
  get tellsOfHttps(): boolean {
    return this.all.some(list => list.tellsOfHttps)
  }

  /** Whether this is the certificate of a file server. */
  isFileServer(certificateDer: Buffer): boolean {
    return FILE_ROLES.some(role => this.has(certificateDer, role))
  }
}
