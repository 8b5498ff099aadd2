import type { Environment, Target } from './environment.ts'
import { phoneError } from './errors.ts'
import { notStarted } from './obstacle.ts'
import type { PhoneOptions } from './options.ts'
import type { ContactResult, SessionResult } from './result.ts'

export type Contact = {
  servers: readonly Target[]
  signal?: AbortSignal
  onSession?: (result: SessionResult) => void
}

export type ContactNeeds = {
  options: Pick<PhoneOptions, 'retries' | 'retryIntervalMs' | 'honourRetryLater'>
  delay: Environment['delay']
  runSession: (target: Target) => Promise<SessionResult>
}

/** How long to wait before trying again; `undefined` when the answer stands. */
const waitAfter = ({ failure, retryAfterSeconds }: SessionResult, options: ContactNeeds['options']): number | undefined => {
  if (!failure) return undefined
  if (failure.code === 'PHONE_RETRY_LATER') return options.honourRetryLater ? (retryAfterSeconds ?? 0) * 1000 : undefined
  return phoneError(failure.code).communication ? options.retryIntervalMs : undefined
}

/** The rounds of {@link Phone.contactCapf}. */
export const contactServers = async (contact: Contact, needs: ContactNeeds): Promise<ContactResult> => {
  const { servers, signal, onSession } = contact
  const { options, delay, runSession } = needs
  let sessions = 0
  let last: SessionResult = notStarted({ code: 'PHONE_NO_TRUSTED_SERVER', detail: 'there is no address of a CAPF server' })
  for (let round = 0; servers.length > 0; round++) {
    let waitMs = 0
    for (const server of servers) {
      last = await runSession(server)
      sessions++
      onSession?.(last)
      const ms = waitAfter(last, options)
      if (ms === undefined) return { ...last, sessions }
      waitMs = Math.max(waitMs, ms)
    }
    if (round >= options.retries) break
    try {
      await delay(waitMs, signal)
    } catch (error) {
      // The only thing that ends a wait early is the signal; anything else is a mistake of who gave us `delay`.
      if (!signal?.aborted) throw error
      return { ...notStarted({ code: 'PHONE_ABORTED', detail: 'while waiting to try again' }), sessions }
    }
  }
  return { ...last, sessions }
}
