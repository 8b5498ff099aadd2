import type { Environment, Target } from './environment.ts'
import { phoneError } from './errors.ts'
import type { DisturbanceOrder } from './faults/disturbance.ts'
import { sessionsOf } from './faults/fault.ts'
import { notStarted } from './obstacle.ts'
import type { PhoneOptions } from './options.ts'
import type { ContactResult, SessionResult } from './result.ts'

export type Contact = {
  servers: readonly Target[]
  signal?: AbortSignal | undefined
  /** The phone misbehaves: it goes to the first server, as often as its fault says, and does not try again. */
  disturbance?: DisturbanceOrder | undefined
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

const NOBODY = { code: 'PHONE_NO_TRUSTED_SERVER', detail: 'there is no address of a CAPF server' } as const

/** The sessions of a phone that misbehaves, until one did not end as it should. */
const disturb = async (
  { servers: [server], onSession }: Contact,
  { sessions: most, runSession }: { sessions: number } & Pick<ContactNeeds, 'runSession'>,
): Promise<ContactResult> => {
  if (!server) return { ...notStarted(NOBODY), sessions: 0 }
  for (let sessions = 1; ; sessions++) {
    const result = await runSession(server)
    onSession?.(result)
    if (sessions >= most || !result.disturbed?.isExpected) return { ...result, sessions }
  }
}

/** The rounds of {@link Phone.contactCapf}. */
export const contactServers = async (contact: Contact, needs: ContactNeeds): Promise<ContactResult> => {
  const { servers, signal, disturbance, onSession } = contact
  const { options, delay, runSession } = needs
  if (disturbance) return disturb(contact, { runSession, sessions: sessionsOf(disturbance.fault) })
  let sessions = 0
  let last: SessionResult = notStarted(NOBODY)
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
