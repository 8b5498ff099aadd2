import { DIGESTS, type Digest } from '@capfkit/codec/tlv'

/** The digest of a number in a list; `undefined` for one that nobody knows. */
export const digestOf = (number: number): Digest | undefined => (DIGESTS as Readonly<Record<number, Digest>>)[number]

/** Digests that phones know; the number of SHA-256 is public, its use is not [TRUST-2]. */
export const SIGNING_DIGESTS = { sha1: 1, sha512: 3 } as const
export type SigningDigest = keyof typeof SIGNING_DIGESTS
