import { DecodeError, EncodeError } from '@capfkit/codec/capf'
import { PkiError } from '@capfkit/pki'

/** What may be said of an error without a risk of showing a secret: our own errors name places, of others only the kind is told. */
export const safeDetail = (error: unknown): string => {
  if (error instanceof DecodeError || error instanceof EncodeError || error instanceof PkiError) return error.message
  if (!(error instanceof Error)) return 'something that is not an Error was thrown'
  const { code } = error as Error & { code?: unknown }
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}
