import { MESSAGE_NAMES, type MessageName } from '@capfkit/codec/capf'
import { authResponse } from './auth-response.ts'
import { deleteCertificate, fetchCertificate, storeCertificate } from './certificates.ts'
import { type AnyRule, MOMENTS, type Moment, type Rule } from './decision.ts'
import { endSession, retryLater } from './ending.ts'
import { keyRequest } from './key-request.ts'
import { signRequest } from './request-signature.ts'

const ALWAYS = Object.keys(MOMENTS) as readonly Moment[]

/**
 * Everything that a server may say and what the phone does then [CAPF-3]. A message without a row, or at a moment that its
 * row does not list, ends the session with PHONE_UNEXPECTED_MESSAGE.
 */
export const RULES = {
  AUTH_REQUEST: {
    during: ['greeting'],
    waiting: 'auth',
    next: 'operation',
    decide: ({ device }, { sessionId }) => authResponse(device, sessionId),
  },
  KEY_GENERATE_REQUEST: {
    during: ['operation'],
    operation: 'install',
    handling: 'keyGeneration',
    waiting: 'end',
    next: 'operation',
    decide: keyRequest,
  },
  SIGN_CERTIFICATE_REQUEST: { during: ['certificate'], waiting: 'issue', next: 'certificate', decide: signRequest },
  // Without a key before it: the certificate of an earlier session [CAPF-3.8].
  STORE_CERTIFICATE_REQUEST: {
    during: ['operation', 'certificate'],
    operation: 'install',
    handling: 'store',
    waiting: 'end',
    next: 'operation',
    decide: storeCertificate,
  },
  FETCH_CERTIFICATE_REQUEST: {
    during: ['operation'],
    operation: 'fetch',
    waiting: 'end',
    next: 'operation',
    decide: fetchCertificate,
  },
  DELETE_CERTIFICATE_REQUEST: {
    during: ['operation'],
    operation: 'delete',
    waiting: 'end',
    next: 'operation',
    decide: deleteCertificate,
  },
  END_SESSION: { during: ALWAYS, waiting: 'end', next: 'operation', decide: endSession },
  RETRY_LATER: { during: ALWAYS, waiting: 'end', next: 'operation', decide: retryLater },
} as const satisfies { [N in MessageName]?: Rule<N> }

const table: Partial<Record<MessageName, unknown>> = RULES
const byName = new Map(MESSAGE_NAMES.flatMap(name => (table[name] ? [[name, table[name] as AnyRule] as const] : [])))

/** The row for a message at a moment; `undefined` when it does not belong there. */
export const ruleFor = (name: MessageName, moment: Moment): AnyRule | undefined => {
  const rule = byName.get(name)
  return rule?.during.includes(moment) ? rule : undefined
}
