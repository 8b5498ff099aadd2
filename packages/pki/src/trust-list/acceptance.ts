import { parseTrustList, ROLES, type TrustRecord } from '@capfkit/codec/tlv'
import { checkSignature, signersOf } from './known-signers.ts'
import { matchRecords } from './match-records.ts'

/**
 * What a phone that has one list does with another one [TRUST-6]:
 *
 * - `accepted`: a signer that the old list knows signed the new one. `signedBy` is its record in the old list, from 1.
 * - `on-faith`: the old list knows nobody, so the new one is taken as a first one is. Inferred.
 * - `asks-tvs`: nobody that the old list knows signed; it names TVS servers that are still there, which may know the signer.
 * - `locked-out`: as before, and there is no TVS server that the phone would believe. It keeps the old list.
 * - `refused`: the signature of the new list is wrong, whoever is known.
 */
export type Acceptance = {
  readonly verdict: 'accepted' | 'on-faith' | 'asks-tvs' | 'locked-out' | 'refused'
  readonly signedBy?: number
  /** Why nobody can be asked: the old list has no TVS record, or the new one has none of them any more. */
  readonly cause?: 'no-tvs' | 'tvs-renewed'
}

const isTvs = ({ role, certificateDer, certificateHash }: TrustRecord) =>
  role === ROLES.TVS.number && (certificateDer ?? certificateHash) !== undefined

/** Whether phones with the one list take the other. @throws a TlvError for bytes that are no list. */
export const acceptanceOf = (beforeBytes: Buffer, afterBytes: Buffer): Acceptance => {
  const [{ records }, after] = [parseTrustList(beforeBytes), parseTrustList(afterBytes)]
  const [header] = after.headers
  const known = checkSignature(afterBytes, header, signersOf(records))
  if (known.verdict === 'valid') {
    const signedBy = records.findIndex(({ certificateDer }) => certificateDer?.equals(known.signer!.certificateDer))
    return { verdict: 'accepted', signedBy: signedBy + 1 }
  }
  const own = checkSignature(afterBytes, header, signersOf(after.records))
  if (own.verdict === 'bad-signature' || (known.verdict === 'bad-signature' && own.verdict !== 'valid'))
    return { verdict: 'refused' }
  if (records.length === 0) return { verdict: 'on-faith' }
  const asked = records.filter(isTvs)
  if (asked.length === 0) return { verdict: 'locked-out', cause: 'no-tvs' }
  // A TVS server that renewed its certificate, too, is not believed by a phone with the old list.
  const found = matchRecords(asked, after.records.filter(isTvs))
  return [...found.values()].some(({ isSame }) => isSame)
    ? { verdict: 'asks-tvs' }
    : { verdict: 'locked-out', cause: 'tvs-renewed' }
}
