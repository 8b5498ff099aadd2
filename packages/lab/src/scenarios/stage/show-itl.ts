import { createHash } from 'node:crypto'
import { parseTrustList, type ShownFile, showCorruptList, showMissingList, showTrustList, TlvError } from '@capfkit/codec/tlv'
import { checkTrustList } from '@capfkit/pki'

const hex = (algorithm: 'md5' | 'sha1', bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex')
const sha1Of = (data: Buffer) => createHash('sha1').update(data).digest()

/** The lines of `show itl` about a file; an empty one is none. */
export const showItl = (bytes: Buffer): readonly string[] => {
  if (bytes.length === 0) return showMissingList('ITL')
  const shown: ShownFile = { kind: 'ITL', lengthBytes: bytes.length, md5: hex('md5', bytes), sha1: hex('sha1', bytes) }
  try {
    parseTrustList(bytes)
  } catch (error) {
    if (error instanceof TlvError) return showCorruptList(shown)
    throw error
  }
  const { list, findings, signedBy } = checkTrustList(bytes)
  const signerDer = signedBy === undefined ? undefined : list.records[signedBy - 1]?.certificateDer
  const isVerified = signedBy !== undefined && !findings.some(({ code }) => code === 'TRUST_BAD_SIGNATURE')
  return showTrustList(list, { ...shown, sha1Of, isVerified, signerDer })
}
