import { formatRecord, type Header, MAX_HEADERS, parseTrustList, ROLES, type TrustRecord, type Version } from '@capfkit/codec/tlv'
import { PkiError } from '../errors.ts'
import type { SigningDigest } from './digests.ts'
import type { FileSigner } from './file-signer.ts'

export type TrustListOptions = {
  records: readonly TrustRecord[]
  signer: FileSigner
  /** Default `sha1`, which every phone knows; `sha512` needs a phone of today. */
  digest?: SigningDigest
  /** `ITLFile.tlv` or `CTLFile.tlv`, which stands in the header. */
  fileName: string
  /** When the list was made; whole seconds are kept. */
  timestamp: Date
  /** Default 1.2. */
  version?: Version
  /** Default: none, as older servers do. 1.1 tells phones of HTTPS 6971 [TRUST-2]. */
  signerVersion?: Version
}

/** A phone looks at no more signers of lists than these. */
export const MAX_SAST_RECORDS = 2

const LIST_VERSION: Version = { major: 1, minor: 2 }

/** As the TIMESTAMP of a header has it. */
export const unixSeconds = (date: Date) => Math.floor(date.getTime() / 1000)

/**
 * Make and sign a CTL or ITL file [TRUST-2].
 *
 * @throws {PkiError} `PKI_TOO_MANY_SAST`, `PKI_SIGNER_NOT_IN_LIST`: no phone could check such a list. A TlvError for values
 *   that do not fit their fields.
 */
export const buildTrustList = async (options: TrustListOptions): Promise<Buffer> => {
  const { records, signer, digest = 'sha1', fileName, timestamp, version = LIST_VERSION, signerVersion } = options
  const sasts = records.filter(({ role }) => role === ROLES.SAST.number)
  if (sasts.length > MAX_SAST_RECORDS) throw new PkiError('PKI_TOO_MANY_SAST', { where: fileName })
  if (records.length > 0 && !signer.isAmong(records)) throw new PkiError('PKI_SIGNER_NOT_IN_LIST', { where: fileName })
  const header = { version, ...(signerVersion ? { signerVersion } : {}), fileName, timestamp: unixSeconds(timestamp) }
  return signer.sign({ header, digest, content: records.map((record, index) => formatRecord(record, index + 1)) })
}

/**
 * The recovery form of a list, as `utils itl reset` makes it: another header, signed by the recovery key, in front of the old
 * file, which stays as it was [TRUST-4].
 *
 * @param listBytes  the list of before, whoever signed it; it may be a reset one.
 * @throws {PkiError} `PKI_RESET_TOO_OFTEN`. A TlvError for a file that is no list.
 */
export const resetTrustList = async (
  listBytes: Buffer,
  { signer, digest = 'sha1' }: { signer: FileSigner; digest?: SigningDigest },
): Promise<Buffer> => {
  const { headers } = parseTrustList(listBytes)
  if (headers.length === MAX_HEADERS) throw new PkiError('PKI_RESET_TOO_OFTEN', { where: headers.at(-1)!.fileName ?? 'list' })
  const behind: readonly Header[] = headers
  const content = listBytes.subarray(headers.at(-1)!.span.end)
  return signer.sign({ header: { version: headers[0].version }, digest, behind, content: [content] })
}
