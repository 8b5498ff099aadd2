import { type EstClient, EstError, type EstErrorCode } from '@capfkit/est'
import { type Enrol, type EnrolAnswer, EnrolError, type EnrolFailure } from '@capfkit/server'

const DEFAULT_RETRY_MS = 3_600_000

/** What an error of EST means to a server; all others are those of a CA that could not be asked, and may be over the next time. */
const FAILURES: { readonly [C in EstErrorCode]?: EnrolFailure } = {
  EST_REFUSED: 'denied',
  EST_BAD_REQUEST: 'refused',
  EST_REQUEST_TOO_LARGE: 'refused',
  EST_AUTH_REQUIRED: 'unauthorised',
  EST_AUTH_UNSUPPORTED: 'unauthorised',
  EST_AUTH_FAILED: 'unauthorised',
}

const meaningOf = (error: EstError): EnrolAnswer => {
  const { code, retryAfterMs = DEFAULT_RETRY_MS, certificates, libest, message } = error
  if (code === 'EST_PENDING') return { status: 'pending', retryAfterMs }
  // Not the one that was wanted: the server knows whether it answers an older request.
  if (certificates.length > 0) return { status: 'issued', certificatesDer: certificates, pkcs7Bytes: 0 }
  throw new EnrolError(message, { cause: error, failure: FAILURES[code] ?? 'unreached', libest })
}

/** How a CAPF server asks a registration authority: EST's simpleenroll, its errors under the names of libest [EST-6.1]. */
export const enrolOverEst =
  (client: EstClient): Enrol =>
  async ({ csrDer, signal }) => {
    try {
      const { certificateDer, others, bodyBytes } = await client.simpleEnroll(csrDer, { signal })
      return { status: 'issued', certificatesDer: [certificateDer, ...others], pkcs7Bytes: bodyBytes }
    } catch (error) {
      if (error instanceof EstError) return meaningOf(error)
      throw error
    }
  }
