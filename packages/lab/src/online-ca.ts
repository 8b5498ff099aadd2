import { type EstClient, EstError } from '@capfkit/est'
import { type Enrol, EnrolError } from '@capfkit/server'

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
      const { message, libest, status = 0, certificates } = error
      // Not the one that was wanted: the server knows whether it answers an older request.
      if (certificates.length > 0) return { status: 'issued', certificatesDer: certificates, pkcs7Bytes: 0 }
      // Whoever answers 4xx has understood and says no; everything else may be better the next time.
      throw new EnrolError(message, { cause: error, refused: status >= 400 && status < 500, libest })
    }
  }
