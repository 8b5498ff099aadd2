import { REASON } from '@capfkit/codec/capf'
import type { BootResult, SessionResult } from '@capfkit/phone'
import { countedBoot } from './boot.ts'
import type { FleetErrorCode } from './errors.ts'
import { OWN_PHASE } from './phases.ts'
import type { Counted } from './tally.ts'

/** What there was of one turn of a phone: its session, or its boot with the session in it. */
export type Ended = { readonly session?: SessionResult; readonly boot?: BootResult }

const OPERATION_OF = { install: 'install', delete: 'delete', fetch: 'troubleshoot', none: 'none', unknown: 'unknown' } as const

const countedSession = ({ phasesMs, failure }: SessionResult, { actualMs }: TurnTimes): Pick<Counted, 'phasesMs' | 'failure'> => ({
  phasesMs: { ...phasesMs, [OWN_PHASE]: Math.max(0, actualMs - Object.values(phasesMs).reduce((sum, ms) => sum + ms, 0)) },
  failure: failure && { side: failure.side, phase: failure.phase, reason: failure.code, detail: failure.detail },
})

export type TurnTimes = {
  readonly scheduledMs: number
  readonly actualMs: number
}

export type WhatWasOrdered = {
  /** The fleet ordered it itself, so it knows what must come. */
  readonly isKnown: boolean
  readonly operation: string
  /** It was drawn from several: a deletion may be drawn for a phone without an LSC. */
  readonly isDrawn: boolean
}

/** A phone that truthfully says that it has nothing has done what was ordered. */
const hasNothing = ({ code, reason, isDrawn }: { code: string | undefined; reason: number | undefined; isDrawn: boolean }) => {
  if (code === 'PHONE_NOTHING_TO_FETCH') return reason === REASON.NO_ACTION
  // To order a deletion for all would be a mistake.
  return code === 'PHONE_NOTHING_TO_DELETE' && isDrawn
}

/** What a turn counts as. */
export const countTurn = ({ session, boot }: Ended, { times, ordered }: { times: TurnTimes; ordered: WhatWasOrdered }): Counted => {
  // A phone whose configuration gives it no reason to contact CAPF does nothing there.
  const result = session ?? boot?.capf
  const operation = OPERATION_OF[result?.operation ?? 'none']
  const { phasesMs, failure } = boot ? countedBoot(boot) : countedSession(session!, times)
  const { fault, outcome, isExpected } = result?.disturbed ?? {}
  const disturbance = fault && outcome ? { fault, outcome } : undefined
  const counted = { ...times, phasesMs, operation, ...(disturbance ? { disturbance } : {}) }
  // What a server that is in order does about a phone that is not is no failure.
  if (isExpected) return { ...counted, failure: undefined }
  if (hasNothing({ code: failure?.reason, reason: result?.reason, isDrawn: ordered.isDrawn }))
    return { ...counted, failure: undefined }
  if (failure) return { ...counted, failure }
  const isSurprise = ordered.isKnown && operation !== ordered.operation
  return {
    ...counted,
    failure: isSurprise ? { side: 'server', phase: 'auth', reason: `ORDERED_${ordered.operation}_GOT_${operation}` } : undefined,
  }
}

/** One that could not begin, as something else than phone and server went wrong. */
export const notBegun = (error: Error & { code?: string }, { times }: { times: TurnTimes }): Counted => ({
  ...times,
  phasesMs: {},
  operation: 'unknown',
  failure: {
    side: 'client',
    phase: 'connect',
    reason: error.code ?? ('FLEET_TURN_FAILED' satisfies FleetErrorCode),
    detail: error.message,
  },
})
