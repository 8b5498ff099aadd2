import { createHash, type KeyObject } from 'node:crypto'
import type { Credential, MadeKey } from '@capfkit/phone'

/** A key pair in full: SubjectPublicKeyInfo and PKCS#8. */
export type EncodedKey = { readonly publicKeyDer: Buffer; readonly privateKeyDer: Buffer }

/** A key that a phone has made. */
export type JournaledKey = EncodedKey & { readonly deviceName: string; readonly model: string }

/** What a phone has of earlier runs. Private keys are read and parsed when they are asked for. */
export type KeptPhone = {
  readonly model: string
  readonly mic?: Credential
  readonly lsc?: Credential
  readonly pendingKey?: MadeKey
}

/** A certificate with the key pair that it is for. */
export type CertifiedKey = { readonly certificateDer: Buffer; readonly key: MadeKey | EncodedKey }

/** What a phone has, with its keys in full: as it goes from one machine to another. */
export type EncodedPhone = {
  readonly deviceName: string
  readonly model: string
  readonly mic?: EncodedCredential
  readonly lsc?: EncodedCredential
  readonly pendingKey?: EncodedKey
  /** Of its last session, ms since 1970. */
  readonly ended?: { readonly operation: string; readonly atMs: number }
}

export type EncodedCredential = { readonly certificateDer: Buffer; readonly key: EncodedKey }

/** What becomes of a phone. */
export type Kept =
  | { kind: 'made'; deviceName: string; model: string; mic: CertifiedKey | undefined }
  | ({ kind: 'madeKey' } & JournaledKey)
  | {
      kind: 'ended'
      deviceName: string
      operation: string
      /** Since 1970. */
      atMs: number
      /** `undefined` when the session left it as it was. */
      lsc: { readonly now: CertifiedKey | undefined } | undefined
      /** A key whose certificate is still to come. */
      pendingKey: MadeKey | EncodedKey | undefined
    }

/** Where the phones of a process keep what they have: a file, or a store that several machines share. */
export type PhoneKeeping = {
  /** Nothing is known of any phone. */
  readonly isEmpty: boolean
  /** What is known of this phone. */
  read(deviceName: string): KeptPhone | undefined
  /** Costs next to nothing now. */
  keep(kept: Kept): void
  /** A phone has made a key, for which a certificate may come. @returns the key as it is kept. */
  keepKey(phone: { deviceName: string; model: string }, key: MadeKey): EncodedKey
}

/** Who signs for a fleet: `manufacturing` its MICs, `capf` its LSCs, where the server is an embedded one. */
export type AuthorityRole = 'manufacturing' | 'capf'

/** Somebody who signs, with the key to do it. */
export type KeptAuthority = { readonly certificateDer: Buffer; readonly privateKey: KeyObject }

/** What a key is known by wherever keys stand once: SHA-256 of its public half. */
export const digestOf = ({ publicKeyDer }: Pick<EncodedKey, 'publicKeyDer'>): Buffer =>
  createHash('sha256').update(publicKeyDer).digest()

/** A column of bytes, as every database has them. */
export const bytesOf = (value: unknown): Buffer | undefined =>
  value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined

/** A phone with what is there. */
export const encodedPhone = (
  who: Pick<EncodedPhone, 'deviceName' | 'model'>,
  has: { [K in Exclude<keyof EncodedPhone, 'deviceName' | 'model'>]: EncodedPhone[K] | undefined },
): EncodedPhone => {
  const { mic, lsc, pendingKey, ended } = has
  return {
    ...who,
    ...(mic ? { mic } : {}),
    ...(lsc ? { lsc } : {}),
    ...(pendingKey ? { pendingKey } : {}),
    ...(ended ? { ended } : {}),
  }
}

/** Keys of a pool have it ready. */
export const pkcs8Of = (key: MadeKey | EncodedKey): Buffer =>
  'privateKeyDer' in key ? key.privateKeyDer : key.privateKey.export({ format: 'der', type: 'pkcs8' })
