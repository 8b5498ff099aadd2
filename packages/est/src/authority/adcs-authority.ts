import { parseCertificate, TrustStore, validateChain } from '@capfkit/pki'
import { type AdcsClient, AdcsError, type AdcsErrorCode, type AdcsOutcome, type CesLine } from '../adcs/index.ts'
import { type Authority, AuthorityError, type AuthorityFailure, type EnrolAnswer, type EnrolContext } from './authority.ts'
import { slashName } from './slash-name.ts'
import { Turns } from './turns.ts'

export type AdcsAuthorityInit = {
  readonly client: AdcsClient
  /** Name (cn) of the certificate template. */
  readonly template?: string
  /** What the client trusts, DER: the product says at each request that it adds them to its store. */
  readonly trusted?: readonly Buffer[]
  /** Requests to the CA at once; the others wait for their turn. Default 16. */
  readonly maxAtOnce?: number
  /** How long the CA certificates are good for before they are asked for again, ms. Default an hour. */
  readonly chainMaxAgeMs?: number
  readonly now: () => Date
}

/** What AD CS says and the product answers as if the client had shown a wrong password [EST-5.4]. */
const UNAUTHORISED: readonly AdcsErrorCode[] = [
  ...(['ADCS_LOGIN_REJECTED', 'ADCS_LOGIN_LOST', 'ADCS_NO_SCHEME', 'ADCS_FORBIDDEN'] as const),
  ...(['ADCS_TEMPLATE_UNKNOWN', 'ADCS_TEMPLATE_NAME'] as const),
]

const FAILURES: readonly { readonly codes: readonly AdcsErrorCode[]; readonly failure: AuthorityFailure }[] = [
  { failure: 'caSilent', codes: ['ADCS_CONNECT_TIMEOUT', 'ADCS_TLS_TIMEOUT', 'ADCS_LOGIN_TIMEOUT', 'ADCS_ANSWER_TIMEOUT'] },
  {
    failure: 'caUnreachable',
    codes: [
      ...(['ADCS_NAME_UNKNOWN', 'ADCS_REFUSED', 'ADCS_UNREACHABLE', 'ADCS_CONNECTION_LOST', 'ADCS_SESSION_LOST'] as const),
      ...(['ADCS_TLS_UNKNOWN_ISSUER', 'ADCS_TLS_SELF_SIGNED', 'ADCS_TLS_NAME', 'ADCS_TLS_NOT_YET_VALID'] as const),
      ...(['ADCS_TLS_EXPIRED', 'ADCS_TLS_CERTIFICATE', 'ADCS_TLS_CLIENT_CERTIFICATE', 'ADCS_TLS_FAILED'] as const),
    ],
  },
  {
    failure: 'caMisunderstood',
    codes: ['ADCS_BAD_HTTP', 'ADCS_ANSWER_TOO_LARGE', 'ADCS_PAGE_UNKNOWN', 'ADCS_NO_CERTIFICATE', 'ADCS_WRONG_CERTIFICATE'],
  },
]

const NOT_SIGNED: readonly string[] = ['CHAIN_UNKNOWN_ISSUER', 'CHAIN_BAD_SIGNATURE']

const answerOf = (outcome: AdcsOutcome): EnrolAnswer => {
  if (outcome.status === 'issued') return { status: 'issued', certificateDer: outcome.certificateDer }
  if (outcome.status === 'pending') return { status: 'pending', reference: String(outcome.requestId) }
  return { status: 'denied', message: outcome.message }
}

const failureOf = (error: unknown): AuthorityError => {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof AdcsError ? error.code : undefined
  const found = FAILURES.find(({ codes }) => code !== undefined && codes.includes(code))
  return new AuthorityError(found?.failure ?? 'caFailed', message, { cause: error })
}

/** AD CS web enrolment as the CA behind an EST server: what the product's registration authority is. */
export const adcsAuthority = (init: AdcsAuthorityInit): Authority => {
  const { client, template, trusted = [], maxAtOnce = 16, chainMaxAgeMs = 3_600_000, now } = init
  const trustedNames = trusted.map(der => slashName(parseCertificate(der).subject))
  const turns = new Turns(maxAtOnce)
  const told = ({ note }: Pick<EnrolContext, 'note'>) => ({ onLine: ({ level, text }: CesLine) => note(level, text) })
  let chain: { readonly certificates: readonly Buffer[]; until: number } | undefined
  /** A CA that has renewed its certificate signs with another key: then its certificates are asked for the next time. */
  const noticeRenewal = (leaf: Buffer) => {
    if (!chain) return
    const validated = validateChain({ leaf, trusted: new TrustStore({ anchors: chain.certificates }), at: now() })
    if (!validated.ok && NOT_SIGNED.includes(validated.code)) chain.until = 0
  }
  return {
    enrol: async (csrDer, context) => {
      const { signal, reference } = context
      const call = { signal, ...told(context) }
      for (const name of trustedNames) context.note('warn', `ossl_init_cert_store: Adding cert to store (${name})`)
      try {
        const outcome = await turns.take(signal, () =>
          reference === undefined
            ? client.enrol(csrDer, { ...call, ...(template === undefined ? {} : { template }) })
            : client.poll(Number(reference), { ...call, csrDer }),
        )
        if (outcome.status === 'issued') noticeRenewal(outcome.certificateDer)
        return answerOf(outcome)
      } catch (error) {
        if (error instanceof AdcsError && UNAUTHORISED.includes(error.code))
          return { status: 'unauthorised', message: error.message }
        throw failureOf(error)
      }
    },
    caCerts: async context => {
      const at = now().getTime()
      if (chain && at < chain.until) return chain.certificates
      try {
        const certificates = await turns.take(context.signal, () => client.caChain({ signal: context.signal, ...told(context) }))
        chain = { certificates, until: at + chainMaxAgeMs }
        return certificates
      } catch (error) {
        // Certificates that were good an hour ago are better than none.
        if (chain) return chain.certificates
        throw failureOf(error)
      }
    },
  }
}
