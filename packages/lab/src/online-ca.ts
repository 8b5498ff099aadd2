import { EstClient, type EstClientInit, EstError, type EstErrorCode } from '@capfkit/est'
import { TIMEOUT } from '@capfkit/listen'
import {
  callsAtOnce,
  type Enrol,
  type EnrolAnswer,
  EnrolError,
  type EnrolFailure,
  type OnlineCa,
  type ServerOptions,
} from '@capfkit/server'

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

/** All that a CAPF server asks a registration authority. */
export const askOverEst = (client: EstClient): Required<Pick<OnlineCa, 'enrol' | 'fetchCaCertificates'>> => ({
  enrol: enrolOverEst(client),
  fetchCaCertificates: signal => client.caCerts({ signal }),
})

type Limits = Pick<ServerOptions, 'caTimeoutMs' | 'caLateMs' | 'caConcurrency'>

/**
 * The EST client of a CAPF server, with its times: half of the time-out of the CA for TCP and for TLS, so that a registration
 * authority that cannot be reached is told from one that is slow; for an answer as long as the server hears it out. Each call that
 * there may be has a connection, or those that are late would take the place of those that somebody waits for.
 */
export const serverEstClient = (init: EstClientInit, limits: Limits): EstClient => {
  const { caTimeoutMs, caLateMs, caConcurrency } = limits
  const halfMs = Math.ceil(caTimeoutMs / 2)
  return new EstClient({
    ...init,
    options: {
      connectTimeoutMs: halfMs,
      tlsTimeoutMs: halfMs,
      responseTimeoutMs: Math.min(caTimeoutMs + caLateMs, TIMEOUT.max),
      maxConnections: callsAtOnce(caConcurrency),
      ...init.options,
    },
  })
}
