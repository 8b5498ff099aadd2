export { CodedError, causeWords, type ErrorWords, errorMessage, OffsetError } from './coded-error.ts'
