import type { PhoneConfig } from '@capfkit/codec/config'
import type { DecisionRow } from '../decision-table.ts'
import type { AuthMode } from '../device.ts'

/** Why a phone contacts CAPF, as the vendor's client calls it [BOOT-6.1]. */
export const CAPF_REASONS = ['NORM_AUTO_SESSION', 'MANUAL_SESSION', 'PUBKEY_MISMATCH', 'DECRYPT_FILE_FAILED'] as const
export type CapfReason = (typeof CAPF_REASONS)[number]

/** What the decision about CAPF depends on. */
export type CapfFacts = {
  readonly mode: NonNullable<PhoneConfig['capfAuthMode']>
  readonly isFull: boolean
  readonly isEncrypted: boolean
  /** The encrypted file could not be opened. */
  readonly isLocked: boolean
  /** The LSC is the one that the cluster knows, or both know none; a configuration without `certHash` says nothing of it. */
  readonly isKnownLsc: boolean
  readonly hasString: boolean
}

export type CapfDecision =
  | { readonly do: 'nothing' }
  | { readonly do: 'contact'; readonly reason: CapfReason; readonly authMode: AuthMode }
  /** Somebody has to type the authentication string. */
  | { readonly do: 'wait' }

const contact = (reason: CapfReason, authMode: AuthMode): CapfDecision => ({ do: 'contact', reason, authMode })
const nothing: CapfDecision = { do: 'nothing' }

/** Whether and how a phone contacts CAPF after it has its configuration [BOOT-6.1]: the first row that fits. */
export const CAPF_RULES: readonly DecisionRow<CapfFacts, CapfDecision>[] = [
  { when: { mode: 'string', hasString: false }, decision: { do: 'wait' }, why: 'the string is known to the user alone' },
  { when: { mode: 'string' }, decision: contact('MANUAL_SESSION', 'string'), why: 'the user typed the string' },
  {
    when: { mode: 'null', isLocked: true },
    decision: contact('DECRYPT_FILE_FAILED', 'null'),
    why: 'without a new LSC no configuration',
  },
  {
    when: { mode: 'lsc', isLocked: true },
    decision: contact('DECRYPT_FILE_FAILED', 'lsc'),
    why: 'without a new LSC no configuration',
  },
  {
    when: { mode: 'mic', isLocked: true },
    decision: contact('DECRYPT_FILE_FAILED', 'mic'),
    why: 'without a new LSC no configuration',
  },
  { when: { mode: 'null' }, decision: contact('NORM_AUTO_SESSION', 'null'), why: 'an operation is pending' },
  { when: { mode: 'lsc' }, decision: contact('NORM_AUTO_SESSION', 'lsc'), why: 'an operation is pending' },
  { when: { mode: 'mic' }, decision: contact('NORM_AUTO_SESSION', 'mic'), why: 'an operation is pending' },
  { when: { isLocked: true }, decision: contact('DECRYPT_FILE_FAILED', 'null'), why: 'without another LSC no configuration' },
  { when: { isFull: true, isEncrypted: false }, decision: nothing, why: 'the phone has all that it needs' },
  { when: { isKnownLsc: false }, decision: contact('PUBKEY_MISMATCH', 'null'), why: 'the cluster knows another LSC' },
  { when: {}, decision: nothing, why: 'the LSC is the one that the cluster knows' },
]
