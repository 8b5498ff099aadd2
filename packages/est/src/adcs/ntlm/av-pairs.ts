import { NtlmFormatError } from './errors.ts'

/** AvId of the pairs in TargetInfo (MS-NLMP 2.2.2.1). */
export const AV_IDS = {
  end: 0,
  nbComputerName: 1,
  nbDomainName: 2,
  dnsComputerName: 3,
  dnsDomainName: 4,
  dnsTreeName: 5,
  flags: 6,
  timestamp: 7,
  singleHost: 8,
  targetName: 9,
  channelBindings: 10,
} as const

/** Bit of `flags`: AUTHENTICATE has a message integrity code. */
export const AV_HAS_MIC = 2

/** One pair; an id that is not in the table is kept. */
export type AvPair = { readonly id: number; readonly value: Buffer }

const MAX_PAIRS = 32

/** Pairs and the end that closes them. */
export const formatAvPairs = (pairs: readonly AvPair[]): Buffer =>
  Buffer.concat(
    [...pairs, { id: AV_IDS.end, value: Buffer.alloc(0) }].map(({ id, value }) => {
      const pair = Buffer.alloc(4 + value.length)
      pair.writeUInt16LE(id, 0)
      pair.writeUInt16LE(value.length, 2)
      value.copy(pair, 4)
      return pair
    }),
  )

/**
 * The pairs up to the end; what follows the end is padding.
 *
 * @throws {NtlmFormatError} when there is no end, a length lies, or there are more than 32.
 */
export const parseAvPairs = (bytes: Buffer, where: string): AvPair[] => {
  const pairs: AvPair[] = []
  for (let at = 0; at + 4 <= bytes.length && pairs.length <= MAX_PAIRS; ) {
    const [id, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)]
    if (id === AV_IDS.end) return pairs
    const end = at + 4 + length
    if (end > bytes.length) throw new NtlmFormatError(`${where}, pair ${id}`, at)
    pairs.push({ id, value: bytes.subarray(at + 4, end) })
    at = end
  }
  throw new NtlmFormatError(`${where} without an end`, bytes.length)
}

export const avValue = (pairs: readonly AvPair[], name: keyof typeof AV_IDS): Buffer | undefined =>
  pairs.find(({ id }) => id === AV_IDS[name])?.value

/** Milliseconds since 1970 as a FILETIME: 100 ns since 1601, 8 bytes, little-endian (MS-DTYP 2.3.3). */
export const fileTime = (ms: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE((BigInt(Math.floor(ms)) + 11_644_473_600_000n) * 10_000n)
  return bytes
}
