import { type MessageOf, REASON } from '@capfkit/codec/capf'
import type { Decision, Situation, Trouble } from './decision.ts'
import type { PhoneErrorCode } from './errors.ts'
import { oneLine } from './screen/one-line.ts'

const REFUSALS: ReadonlyMap<number, PhoneErrorCode> = new Map([
  [REASON.REFUSED, 'PHONE_REFUSED'],
  [REASON.UNKNOWN_DEVICE, 'PHONE_UNKNOWN_DEVICE'],
])

const MAX_WORDS = 200

const words = (reasonInfo: string | undefined): { detail?: string } =>
  reasonInfo ? { detail: `the server says: ${oneLine(reasonInfo, MAX_WORDS)}` } : {}

/** END_SESSION is good when nothing is half done and the server is content. */
export const endSession = (situation: Situation, message: MessageOf<'END_SESSION'>): Decision => {
  const { reason, reasonInfo } = message
  const content = reason === REASON.NO_ACTION || reason === REASON.DONE
  let trouble: Trouble | undefined
  if (!content) trouble = { code: REFUSALS.get(reason) ?? 'PHONE_UNKNOWN_REASON', detail: `REASON ${reason}`, ...words(reasonInfo) }
  else if (situation.moment === 'certificate' && reason === REASON.NO_ACTION)
    trouble = { code: 'PHONE_CERTIFICATE_LATER', ...words(reasonInfo) }
  else if (situation.moment !== 'operation') trouble = { code: 'PHONE_ENDED_EARLY', ...words(reasonInfo) }
  return { over: { reason }, ...(trouble ? { trouble } : {}) }
}

/** The server is overloaded or draining [CAPF-3.6]. */
export const retryLater = (_: Situation, message: MessageOf<'RETRY_LATER'>): Decision => ({
  over: { retryAfterSeconds: message.retryDelaySeconds },
  trouble: { code: 'PHONE_RETRY_LATER', detail: `in ${message.retryDelaySeconds} s` },
})
