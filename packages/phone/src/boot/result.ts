import type { PhoneConfig } from '@capfkit/codec/config'
import type { FailureSide, PhoneErrorCode } from '../errors.ts'
import type { Transport } from '../files/fetcher.ts'
import type { TrustListKind } from '../models.ts'
import type { ContactResult } from '../result.ts'
import type { CapfReason } from './capf-rules.ts'
import type { BootErrorCode } from './errors.ts'
import type { BootEvent, BootStepName } from './steps.ts'

/** What time is spent on. The phases of the CAPF session itself are in its own result. */
export const BOOT_PHASES = {
  dns: 'looking up names',
  files: 'files under way, failed transports included',
  tvs: 'questions to TVS',
  capf: 'contacting CAPF, with all retries and what is asked meanwhile',
} as const

export type BootPhase = keyof typeof BOOT_PHASES

/** One step as it went. Plain data. */
export type BootStep = {
  readonly step: BootStepName
  readonly outcome: BootEvent
  readonly ms: number
  readonly file?: string
  readonly transport?: Transport
  readonly bytes?: number
  /** What went wrong, where something did. */
  readonly code?: BootErrorCode | PhoneErrorCode
  readonly detail?: string
}

/** The first thing that went wrong. */
export type BootFailure = {
  readonly step: BootStepName
  readonly code: BootErrorCode | PhoneErrorCode
  readonly side: FailureSide
  readonly detail: string
}

/** How one boot went. Plain data but for the certificate lists behind it; it holds no secret. */
export type BootResult = {
  /** Lists were taken or are unchanged, there is a configuration, and CAPF was content or had no reason to be asked. */
  ok: boolean
  steps: readonly BootStep[]
  /** Only phases that the boot reached. */
  phasesMs: Partial<Record<BootPhase, number>>
  totalMs: number
  /** How often it began anew for want of a configuration. */
  rounds: number
  /** The trust lists that the phone has now: SHA-1 of the file, in hex, as the phone's menu and `show itl` have it. */
  trustLists: Partial<Record<TrustListKind, string>>
  /** What the phone goes by now. */
  config?: PhoneConfig
  /** Why CAPF was contacted, where it was. */
  capfReason?: CapfReason
  capf?: ContactResult
  failure?: BootFailure
}
