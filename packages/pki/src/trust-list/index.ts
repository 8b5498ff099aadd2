export { buildTrustList, MAX_SAST_RECORDS, resetTrustList, type TrustListOptions } from './build.ts'
export {
  type CheckOptions,
  checkTrustList,
  TRUST_LIST_FINDINGS,
  type TrustListCheck,
  type TrustListFinding,
  type TrustListFindingCode,
} from './check.ts'
export type { SigningDigest } from './digests.ts'
export { FileSigner, type SignOptions } from './file-signer.ts'
export { checkSignature, KnownSigner, type SignatureCheck, signersOf } from './known-signers.ts'
export { formatListName, listNameKey, listSerial, sameListName } from './list-name.ts'
export { type CertificateRecordOptions, certificateRecord, type RecordForm, recordMatches } from './record.ts'
export { decryptFile, type EncryptFileOptions, encryptFile, type SignFileOptions, signFile } from './signed-config.ts'
