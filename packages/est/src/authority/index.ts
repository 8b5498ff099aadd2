export { type AdcsAuthorityInit, adcsAuthority } from './adcs-authority.ts'
export {
  AUTHORITY_FAILURES,
  type Authority,
  AuthorityError,
  type AuthorityFailure,
  type EnrolAnswer,
  type EnrolContext,
} from './authority.ts'
export { CsrFolder, type Imported, type WaitingCsr } from './csr-folder.ts'
export { type EmbeddedAuthorityInit, embeddedAuthority } from './embedded-authority.ts'
export { type FolderAuthorityInit, folderAuthority } from './folder-authority.ts'
