import { IDENTITY_FAULTS } from './identity-faults.ts'
import { MESSAGE_FAULTS } from './message-faults.ts'
import { OPENING_FAULTS } from './opening-faults.ts'
import type { AnyFaultRow } from './play.ts'
import { TIMING_FAULTS } from './timing-faults.ts'

/**
 * Every way in which a phone can misbehave on purpose, in the order of a session: parser, session, tests, docs and the fleet walk
 * this table. All of it is ours.
 */
export const FAULTS = {
  ...OPENING_FAULTS,
  ...IDENTITY_FAULTS,
  ...MESSAGE_FAULTS,
  ...TIMING_FAULTS,
} as const satisfies Record<string, AnyFaultRow>

export type FaultName = keyof typeof FAULTS
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[]

export const faultRowOf = (name: FaultName): AnyFaultRow => FAULTS[name]
