import { type EstClient, EstError } from '@capfkit/est'
import { type Enrol, EnrolError } from '@capfkit/server'

/** What a registration authority says when it, or the CA behind it, does not want to: to ask again changes nothing. */
const REFUSALS: readonly string[] = [
  'EST_ERR_AUTH_FAIL',
  'EST_ERR_AUTH_FAIL_TLSUID',
  'EST_ERR_CA_ENROLL_FAIL',
  'EST_ERR_HTTP_BAD_REQ',
  'EST_ERR_BAD_PKCS10',
]

const DEFAULT_RETRY_MS = 3_600_000

/** How a CAPF server asks a registration authority: EST's simpleenroll, its errors under the names of libest [EST-6.1]. */
export const enrolOverEst =
  (client: EstClient): Enrol =>
  async ({ csrDer, signal }) => {
    try {
      const { certificateDer, others, bodyBytes } = await client.simpleEnroll(csrDer, { signal })
      return { status: 'issued', certificatesDer: [certificateDer, ...others], pkcs7Bytes: bodyBytes }
    } catch (error) {
      if (!(error instanceof EstError)) throw error
      if (error.code === 'EST_PENDING') return { status: 'pending', retryAfterMs: error.retryAfterMs ?? DEFAULT_RETRY_MS }
      const { message, libest } = error
      throw new EnrolError(message, { cause: error, refused: REFUSALS.includes(libest.name), libest })
    }
  }
