import type { RunEntry, RunRecord } from '@capfkit/codec/run'
import type { BootTarget } from '../boot.ts'
import type { Since } from '../client-messages.ts'
import type { FleetErrorCode } from '../errors.ts'
import type { EncodedPhone, Kept } from '../fleet-file/kept.ts'
import type { PaceState } from '../pace.ts'
import type { Plan } from '../plan/plan.ts'
import type { SliceStanding } from '../plan/slice-remainder.ts'

/** What a process that runs slices of the phones is told. */
export type ToSlices =
  | {
      type: 'start'
      plan: Plan
      target: { host: string; port: number }
      trusted: readonly Buffer[]
      bootTarget?: BootTarget | undefined
      micCa: { certificateDer: Buffer; keyPem: string }
      keyPoolFile: string | undefined
      ordered: boolean
      storeUrl?: string | undefined
      /** What phones have goes to the store of the run. */
      keepsPhones: boolean
      /** Somebody watches single phones: what ended lately is told. */
      isWatched: boolean
      /** Which of the processes of its worker it is, for its part of the keys. */
      process: number
      processes: number
      /** Of the whole run. */
      slices: number
    }
  /** It has this slice from now on, and what its phones have. */
  | { type: 'take'; slice: number; phones: readonly EncodedPhone[] }
  /** Run a phase of it, from this moment on: ms since 1970 by the clock of this machine. What is left of it, where it was taken over. */
  | { type: 'phase'; slice: number; number: number; startAtMs: number; standing?: SliceStanding | undefined }
  /** The phones are its own until then, by the clock of {@link import('./database-clock.ts').machineMs}: without another word nothing starts after it. */
  | { type: 'lease'; untilMs: number }
  /** Nothing more of it starts, and it is told when the last session has ended. */
  | { type: 'release'; slice: number }
  | { type: 'pace'; state: PaceState }
  | { type: 'drain' }
  | { type: 'stop'; graceMs?: number | undefined }
  | { type: 'end' }

export type Outcome = 'done' | 'failed' | 'disturbed' | 'skipped' | 'recovered'

/** A turn that is over. Times in its entry count from `fromMs`, ms since 1970 by the clock of this machine. */
export type Result = {
  phase: number
  phone: number
  lap: number
  outcome: Outcome
  failure?: string
  totalMs: number
  entry: (RunEntry & { kind: 'operation' | 'skipped' }) | (RunRecord<'Recovered'> & { kind: 'recovered' })
}

/** What happened to a slice. */
export type SliceEvent = { slice: number; what: 'ready' | 'released' } | { slice: number; what: 'phaseEnd'; phase: number }

/** Everything since the message before: once a second, and whenever something happened to a slice. */
export type Told = { since: Since; fromMs: number; results: Result[]; kept: Kept[]; events: SliceEvent[] }

/** What such a process tells. */
export type FromSlices =
  | { type: 'ready' }
  | ({ type: 'told' } & Told)
  | { type: 'failed'; code?: FleetErrorCode; where?: string; message: string }
