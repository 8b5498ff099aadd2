import { hash } from 'node:crypto'
import { DIGESTS, type TrustRecord } from '@capfkit/codec/tlv'
import { digestOf } from './digests.ts'
import { listNameKey } from './list-name.ts'

/** The name of the server; a blank one says no more than none. */
export const serverOf = ({ dnsName }: TrustRecord): string | undefined => dnsName?.replaceAll('\0', ' ').trim() || undefined

const EC_POINT = 4

/** Whether PUBLICKEY is an EC point; RSA otherwise. */
export const isPoint = (publicKey: Buffer | undefined): boolean => publicKey?.[0] === EC_POINT

/** By its certificate, or the hash of one; where there is neither, by name and address of the server, or its subject. */
const itself = (record: TrustRecord): string[] => {
  const { certificateDer, certificateHash, hashAlgorithm = 0, ipAddress, subjectName = '' } = record
  if (certificateDer) return Object.values(DIGESTS).map(digest => `${digest} ${hash(digest, certificateDer, 'hex')}`)
  if (certificateHash) return [`${digestOf(hashAlgorithm) ?? hashAlgorithm} ${certificateHash.toString('hex')}`]
  const server = serverOf(record)
  const keys = [...(server === undefined ? [] : [`server ${server}`]), ...(ipAddress === undefined ? [] : [`address ${ipAddress}`])]
  return keys.length > 0 ? keys : [`subject ${subjectName}`]
}

const named = ({ subjectName }: TrustRecord): string[] =>
  subjectName === undefined ? [] : [listNameKey(subjectName) ?? subjectName]

/** From the surest to the least sure: a CA gives the RSA and the EC certificate of a server the same name. */
const KEYS: readonly ((record: TrustRecord) => string[])[] = [
  itself,
  record => named(record).map(name => `${isPoint(record.publicKey) ? 'EC' : 'RSA'} ${name}`),
  named,
]

/** Indices of two records that belong together; `isSame` when they are told apart by nothing that matters, not by name alone. */
export type Match = { readonly before: number; readonly isSame: boolean }

/**
 * For each record of the second list the one of the first that it was, if any. A record has one partner at most, of its role.
 * Records are found by keys: comparing each with each would take hours for a long list that somebody made for it.
 */
export const matchRecords = (before: readonly TrustRecord[], after: readonly TrustRecord[]): ReadonlyMap<number, Match> => {
  const free = new Set(before.keys())
  const matches = new Map<number, Match>()
  for (const [level, keysOf] of KEYS.entries()) {
    const keysAt = (record: TrustRecord) => keysOf(record).map(key => `${record.role} ${key}`)
    const byKey = new Map<string, number[]>()
    // From the last to the first, so that the first one is taken from the end.
    for (const index of [...free].reverse())
      for (const key of keysAt(before[index]!)) {
        const there = byKey.get(key)
        if (there) there.push(index)
        else byKey.set(key, [index])
      }
    const take = (key: string): number | undefined => {
      const there = byKey.get(key) ?? []
      while (there.length > 0 && !free.has(there.at(-1)!)) there.pop()
      return there.pop()
    }
    for (const [index, record] of after.entries()) {
      if (matches.has(index)) continue
      const found = keysAt(record).reduce<number | undefined>((there, key) => there ?? take(key), undefined)
      if (found === undefined) continue
      free.delete(found)
      matches.set(index, { before: found, isSame: level === 0 })
    }
  }
  return matches
}
