export * from './authority/index.ts'
export * from './client/index.ts'
export { EST_ERRORS, EstError, type EstErrorCode } from './errors.ts'
export type { Credentials } from './http-auth/authenticator.ts'
export {
  formatLibestError,
  LIBEST_ERRORS,
  LIBEST_RELEASES,
  type LibestError,
  type LibestErrorName,
  type LibestRelease,
  libestError,
} from './libest-errors.ts'
export * from './server/index.ts'
export { OPERATIONS, type OperationName } from './wire/operations.ts'
