import type { Trouble } from './decision.ts'
import type { Device } from './device.ts'
import type { Environment } from './environment.ts'
import { failureOf, type PhoneFailure } from './errors.ts'
import { canCommit, type Fault } from './faults/fault.ts'
import type { Phase } from './phases.ts'
import type { SessionResult } from './result.ts'
import { safeDetail } from './safe-detail.ts'

/** What makes a session pointless before it starts; `undefined` when nothing does. Signs what can be signed ahead. */
export const obstacle = (what: {
  device: Device
  trusted: Environment['trusted']
  signal?: AbortSignal | undefined
  fault?: Fault | undefined
}): Trouble | undefined => {
  const { device, trusted, signal, fault } = what
  if (signal?.aborted) return { code: 'PHONE_ABORTED' }
  if (typeof trusted !== 'function' && trusted.length === 0) return { code: 'PHONE_NO_TRUSTED_SERVER' }
  const { authMode, authString } = device
  if (fault && !canCommit(fault, authMode)) return { code: 'PHONE_FAULT_IMPOSSIBLE', detail: `${fault.name} in mode ${authMode}` }
  if (authMode === 'string' && authString === undefined) return { code: 'PHONE_NO_CREDENTIAL', detail: 'no authentication string' }
  if (authMode === 'lsc' && !device.authCredential) return { code: 'PHONE_NO_CREDENTIAL', detail: 'neither LSC nor MIC' }
  if (authMode === 'mic' && !device.authCredential) return { code: 'PHONE_NO_CREDENTIAL', detail: 'no MIC' }
  try {
    // Signing takes longer than everything else that a phone does: ahead of the session, it is in none of the phases.
    device.prove()
    return undefined
  } catch (error) {
    return { code: 'PHONE_CREDENTIAL_UNUSABLE', detail: safeDetail(error) }
  }
}

/** The result of a session that did not come to be. */
export const notStarted = (trouble: Trouble, phase: Phase = 'connect'): SessionResult & { failure: PhoneFailure } => ({
  ok: false,
  operation: 'unknown',
  lsc: 'unchanged',
  phasesMs: {},
  totalMs: 0,
  messages: [],
  failure: failureOf({ ...trouble, phase }),
})
