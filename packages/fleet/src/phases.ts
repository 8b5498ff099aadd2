import { BOOT_PHASES, type BootPhase, type BootStepName, PHASES, type Phase } from '@capfkit/phone'

/** What the time of an operation is spent on: of a phone that boots, and of the CAPF session in it. */
export type FleetPhase = BootPhase | Phase | typeof OWN_PHASE

/**
 * What of a session is in no other phase: the phone is made ready, its order is placed where it comes again, it waits between retries,
 * its socket closes. Phases and this one together are the time of the operation.
 */
export const OWN_PHASE = 'phone'

/**
 * In the order in which they come, `dns` of boot and session as one. `capf` is the whole of what follows it. Run files have their
 * numbers: what is new stands at the end.
 */
export const FLEET_PHASES = [...new Set([...Object.keys(BOOT_PHASES), ...Object.keys(PHASES)]), OWN_PHASE] as readonly FleetPhase[]

/** The phase that others are parts of: adding it to them would count them twice. */
export const OUTER_PHASE: FleetPhase = 'capf'

/** Where an operation failed: in a phase of a session, or in a step of a boot. */
export type FailurePlace = FleetPhase | BootStepName
