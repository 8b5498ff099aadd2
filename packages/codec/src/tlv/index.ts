export { TLV_ERRORS, TlvError, type TlvErrorCode } from './errors.ts'
export type { Order, UnknownField } from './fields.ts'
export {
  type Header,
  MAX_HEADERS,
  type ParsedHeader,
  readHeaders,
  type Span,
  signedParts,
  type WrittenFile,
  writeFile,
} from './header.ts'
export type { Sha1 } from './print.ts'
export { ROLE_NAMES, ROLES, type RoleName, roleName } from './roles.ts'
export {
  type ListKind,
  listKind,
  type ShownFile,
  type ShowOptions,
  showCorruptList,
  showHeader,
  showMissingList,
  showTrustList,
} from './show.ts'
export { formatSignedFile, looksSigned, type ParsedSignedFile, parseSignedFile, type SignedFile } from './signed-file.ts'
export {
  DIGESTS,
  type Digest,
  type Field,
  type FieldTable,
  HEADER_FIELDS,
  MODULUS_BYTES,
  PADDING_TAG,
  RECORD_FIELDS,
  type ValuesOf,
} from './tags.ts'
export {
  formatRecord,
  formatTrustList,
  MAX_TRUST_LIST_BYTES,
  type ParsedRecord,
  type ParsedTrustList,
  PHONE_LIMIT_BYTES,
  parseTrustList,
  type TrustList,
  type TrustRecord,
  writeTrustList,
} from './trust-list.ts'
export type { Version } from './values.ts'
