import type { Distribution } from '@capfkit/codec/options'
import type { ModelName } from '@capfkit/phone'
import type { FleetOptions } from '../options.ts'
import type { OperationWord } from '../rounds.ts'
import type { Weights } from '../weights.ts'

/** What a device may be ordered to do. */
export type PlannedOperation = 'install' | 'delete' | 'troubleshoot'

/** When sessions start. */
export type Arrivals =
  /** Closed model: so many at once, the next starts when one has ended. */
  | { readonly kind: 'concurrency'; readonly sessions: number; readonly forMs?: number | undefined }
  /** Open model: sessions a second, changing evenly from the first rate to the second; starts do not wait for the server. */
  | {
      readonly kind: 'rate'
      readonly fromPerSecond: number
      readonly toPerSecond: number
      readonly forMs?: number | undefined
      readonly spacing: 'even' | 'poisson'
    }
  /** All phones of the phase within this time, 0 for all at the same moment. */
  | { readonly kind: 'burst'; readonly withinMs: number }

/** One part of a run: who does what, and when. The foundation's rounds are phases, too. */
export type PlanPhase = {
  readonly name: string
  readonly operations: Weights<PlannedOperation>
  /** The same as whoever planned it said it: an upgrade is an install. Plans of earlier versions lack it. */
  readonly words?: Weights<OperationWord>
  /** Share of the phones that takes part, (0, 1]. */
  readonly share: number
  /** Device names with `*` and `?`; all without it. */
  readonly phones?: string | undefined
  /** `once`: each device exactly once. `again`: from the first again, until the time of the arrivals is over. */
  readonly devices: 'once' | 'again'
  /** In the order of the fleet, or shuffled by the seed. */
  readonly order: 'sequential' | 'random'
  readonly arrivals: Arrivals
  /** A start that would make more sessions than this is skipped and counted. */
  readonly maxInFlight?: number | undefined
  /** Nothing happens for this long before the phase, ms. */
  readonly afterMs: number
}

/** What phones of one model take their time for. */
export type ModelTimes = {
  readonly keyGeneration?: Distribution | undefined
  /** Between the end of one operation of a device and the start of its next, where a device has several in a phase. */
  readonly think?: Distribution | undefined
}

/** A run: the options of the fleet, and what only a plan file can say. */
export type Plan = {
  readonly options: FleetOptions
  readonly phases: readonly PlanPhase[]
  readonly models: Readonly<Partial<Record<ModelName, ModelTimes>>>
}
