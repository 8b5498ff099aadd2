import { hash } from 'node:crypto'
import { type ParsedTrustList, parseTrustList, ROLES, type TrustRecord } from '@capfkit/codec/tlv'
import {
  certifiedKey,
  checkSignature,
  type KnownSigner,
  MAX_SAST_RECORDS,
  readPublicKey,
  type SignatureCheck,
  signersOf,
} from '@capfkit/pki'

/** File servers: they sign configuration files [BOOT-3.1], and serve HTTPS [BOOT-1.4]. */
export const FILE_ROLES: readonly number[] = [ROLES['CCM+TFTP'].number, ROLES.TFTP.number]

const isEcFileServer = ({ role, certificateDer }: TrustRecord): boolean => {
  if (!FILE_ROLES.includes(role) || !certificateDer) return false
  try {
    return readPublicKey(certifiedKey(certificateDer)).spec.type === 'ec'
  } catch {
    return false
  }
}

/**
 * A trust list as a phone keeps it: read once, and shared by all phones that got the same bytes. Whether it may be believed is
 * not said here.
 */
export class TrustedList {
  readonly bytes: Buffer
  readonly parsed: ParsedTrustList
  /** Signers of further lists [BOOT-2.2]: of the SAST records the first two, and whoever has a TFTP role. */
  readonly listSigners: readonly KnownSigner[]
  /** Signers of configuration files [BOOT-3.1]. */
  readonly fileSigners: readonly KnownSigner[]
  /** HTTPS 6971 is served: signer version 1.1, and an EC certificate with a TFTP role [BOOT-1.4]. */
  readonly tellsOfHttps: boolean
  #ownSignature: SignatureCheck | undefined
  #sha1: string | undefined

  /** @throws a TlvError for bytes that are no list. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.parsed = parseTrustList(bytes)
    const { records } = this.parsed
    const tokens = records.filter(({ role }) => role === ROLES.SAST.number).slice(0, MAX_SAST_RECORDS)
    const servers = records.filter(({ role }) => FILE_ROLES.includes(role))
    this.fileSigners = signersOf(servers)
    this.listSigners = [...signersOf(tokens), ...this.fileSigners]
    const { signerVersion } = this.header
    this.tellsOfHttps = signerVersion?.major === 1 && signerVersion.minor >= 1 && servers.some(isEcFileServer)
  }

  get header() {
    return this.parsed.headers[0]
  }

  /** SHA-1 of the file in hex, by which lists are compared on screens. */
  get sha1(): string {
    this.#sha1 ??= hash('sha1', this.bytes, 'hex')
    return this.#sha1
  }

  /** Whether the list is signed by one of its own signers, as the first one of a phone has to be [BOOT-2.1]. */
  get ownSignature(): SignatureCheck {
    this.#ownSignature ??= this.checkBy(this.listSigners)
    return this.#ownSignature
  }

  checkBy(signers: readonly KnownSigner[]): SignatureCheck {
    return checkSignature(this.bytes, this.header, signers)
  }

  recordsOf(role: number): TrustRecord[] {
    return this.parsed.records.filter(record => record.role === role)
  }
}

/** What many phones have in common, by the SHA-256 of its bytes: the one that was used longest ago makes room. */
export class SharedContent<T> {
  readonly #make: (bytes: Buffer) => T
  readonly #maxEntries: number
  readonly #entries = new Map<string, T>()

  constructor(init: { make: (bytes: Buffer) => T; maxEntries: number }) {
    this.#make = init.make
    this.#maxEntries = init.maxEntries
  }

  /** @throws what `make` throws; such content is not kept. */
  get(bytes: Buffer): T {
    const key = hash('sha256', bytes, 'base64')
    // A copy: what came over the network is mostly a view of something larger.
    const value = this.#entries.get(key) ?? this.#make(Buffer.from(bytes))
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!)
    return value
  }
}
