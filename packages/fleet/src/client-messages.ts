import type { BootTarget } from './boot.ts'
import type { FleetErrorCode } from './errors.ts'
import type { FleetOptions } from './options.ts'
import type { PartInit } from './recording/part-recorder.ts'
import type { EncodedTally, Failure } from './tally.ts'

/** What a client process is told. */
export type ToClient =
  | {
      type: 'start'
      options: FleetOptions
      first: number
      step: number
      target: { host: string; port: number }
      trusted: readonly Buffer[]
      bootTarget?: BootTarget | undefined
      micCa: { certificateDer: Buffer; keyPem: string }
      keyPoolFile: string | undefined
      ordered: boolean
      /** Where this run is recorded, if it is. */
      recording?: PartInit | undefined
    }
  | { type: 'round'; number: number; startInMs: number }
  | { type: 'stop' }
  | { type: 'end' }

/** How the generator itself is doing. */
export type ClientHealth = {
  /** Of all rounds so far. */
  cpuMs: number
  /** How much later than due the event loop came to its work. */
  eventLoopDelayMs: { p99: number; max: number }
  memoryBytes: number
  keysPooled: number
  keysGenerated: number
}

/** How far a client process is; `actual` is the histogram of its latencies, encoded. */
export type ClientProgress = { started: number; done: number; failures: readonly Failure[]; inFlight: number; actual: string }

/** What a client process tells. */
export type FromClient =
  | { type: 'made'; phones: number }
  | { type: 'ready' }
  | { type: 'progress'; progress: ClientProgress }
  | { type: 'roundEnd'; tally: EncodedTally; health: ClientHealth }
  /** Nothing more can be recorded, and why. */
  | { type: 'recordingFailed'; message: string }
  /** `code` and `where` of a {@link FleetError}; for anything else the message alone. */
  | { type: 'failed'; code?: FleetErrorCode; where?: string; message: string }
