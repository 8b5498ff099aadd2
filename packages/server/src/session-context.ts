import type { Trust } from './authentication.ts'
import type { Operation } from './device.ts'
import type { Issuer } from './issuers/issuer.ts'
import type { State } from './machine.ts'
import type { ServerOptions } from './options.ts'
import type { OpStatus } from './status.ts'
import type { DeviceStore, Lease } from './store/store.ts'
import type { Trace } from './trace.ts'

/** What all sessions of a server share. */
export type SessionContext = {
  readonly store: DeviceStore
  readonly issuer: Issuer
  readonly trust: Trust
  readonly options: Pick<
    ServerOptions,
    | 'maxFrameBytes'
    | 'retryLaterSeconds'
    | 'storeAway'
    | 'strictElements'
    | 'replyTimeoutMs'
    | 'keyGenerationTimeoutMs'
    | 'sessionTimeoutMs'
    | 'maxAuthAttempts'
    | 'authLockMs'
    | 'oneTimeAuthString'
    | 'requireSudi'
    | 'fetchTypes'
  >
  readonly trace: Trace | undefined
  /** Name of this server process in the store. */
  readonly node: string
  now(): Date
  /** An unpredictable u32 [CAPF-1.2]. */
  newSessionId(): number
  newToken(): string
  /** A lease could not be ended: try again later. */
  orphan(lease: Lease): void
  /** Called once, when the session is over. */
  ended(summary: SessionSummary): void
}

/** A session in one line: what the log and the counters say of it. */
export type SessionSummary = {
  remoteAddress: string
  deviceName: string | undefined
  operation: Operation | undefined
  /** How the operation ended, as the store has it; `undefined` when nothing was written. */
  status: OpStatus | undefined
  /** The state that the end came in. */
  state: State
  /** REASON of the END_SESSION that was sent; `undefined` when the phone had gone or had ended the session itself. */
  reason: number | undefined
  durationMs: number
  /** The first thing that went wrong. */
  detail?: string
  /** What will go wrong with the certificate that was installed. */
  warning?: string
  /** Byte in the frame where a malformed message goes wrong. */
  offset?: number
}
