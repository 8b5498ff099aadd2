export {
  AUTHORITY_FAILURES,
  type Authority,
  AuthorityError,
  type AuthorityFailure,
  type EnrolAnswer,
  type EnrolContext,
} from './authority.ts'
export { type EmbeddedAuthorityInit, embeddedAuthority } from './embedded-authority.ts'
