import type { BootTarget } from './boot.ts'
import type { FleetErrorCode } from './errors.ts'
import type { PaceState } from './pace.ts'
import type { Plan } from './plan/plan.ts'
import type { PhaseStanding } from './plan/remainder.ts'
import type { PartInit } from './recording/part-recorder.ts'
import type { EndedLately } from './recording/recent-ends.ts'
import type { EncodedTally } from './tally.ts'

/** What a client process is told. */
export type ToClient =
  | {
      type: 'start'
      plan: Plan
      first: number
      step: number
      target: { host: string; port: number }
      trusted: readonly Buffer[]
      bootTarget?: BootTarget | undefined
      micCa: { certificateDer: Buffer; keyPem: string }
      keyPoolFile: string | undefined
      ordered: boolean
      /** The device store, where operations are ordered while a phase runs. */
      storeUrl?: string | undefined
      /** Where this run is recorded, if it is. */
      recording?: PartInit | undefined
      /** Somebody watches single phones: what ended lately is told. */
      isWatched?: boolean | undefined
      /** Where phones keep their certificates from run to run. */
      fleetFile?: string | undefined
    }
  | { type: 'phase'; number: number; startInMs: number; standing?: PhaseStanding | undefined }
  | { type: 'pace'; state: PaceState }
  /** Nothing more starts; what runs may end in its own time. */
  | { type: 'drain' }
  /** As `drain`, but what runs has a few seconds. */
  | { type: 'stop'; graceMs?: number | undefined }
  | { type: 'end' }

/** How the generator itself is doing. */
export type ClientHealth = {
  /** Of all phases so far. */
  cpuMs: number
  /** How much later than due the event loop came to its work, in all phases so far. */
  eventLoopDelayMs: { p99: number; max: number }
  memoryBytes: number
  keysPooled: number
  keysGenerated: number
  /** How long phases ran so far, ms. */
  runMs: number
  /** The fullest that it was, as shares of 1; absent where this system does not say. */
  fullest: Fullest
}

/** Source ports of all that there are, open files of their limit, memory of the machine. */
export type Fullest = { portsShare?: number; openFilesShare?: number; memoryShare?: number }

/** The same while a run goes on; `recent`: since the message before, which was so many ms ago. */
export type LiveHealth = ClientHealth & {
  recent: { ms: number; cpuMs: number; eventLoopDelayMs: { p99: number; max: number } }
}

/** What happened in a client process since its message before; the sum of all messages is the run. */
export type Since = { tally: EncodedTally; inFlight: number; oldestMs: number; health: LiveHealth; ended?: EndedLately }

/** What a client process tells. */
export type FromClient =
  | { type: 'made'; phones: number }
  | { type: 'ready' }
  /** Once a second. */
  | { type: 'since'; since: Since }
  /** The last session of a phase has ended. */
  | { type: 'phaseEnd'; since: Since }
  /** Nothing more can be recorded, and why. */
  | { type: 'recordingFailed'; message: string }
  /** `code` and `where` of a {@link FleetError}; for anything else the message alone. */
  | { type: 'failed'; code?: FleetErrorCode; where?: string; message: string }
