/** One write of one side of a failed operation. */
export type TimelineFrame = {
  readonly from: 'server' | 'client'
  /** Since the start of the operation. */
  readonly atMs: number
  /** The message in it, or what it is instead. */
  readonly name: string
  /** Its elements in words, secrets blotted out. */
  readonly elements: readonly { readonly name: string; readonly value: string }[]
  /** What is not longer than {@link MOST_HEX_BYTES}, and the beginning of what is. */
  readonly hex: string
  readonly bytes: number
}

export const MOST_HEX_BYTES = 512

/** What became of one phone in one phase of the plan. */
export type TimelineOperation = {
  readonly deviceName: string
  /** From 0. */
  readonly phase: number
  readonly phaseName: string
  /** What it turned out to be: `install`, `delete` … */
  readonly operation: string
  /** ms since 1970. */
  readonly startedAtMs: number
  /** How much earlier the schedule wanted it to start. */
  readonly lateMs: number
  readonly totalMs: number
  /** What it went through, in order. */
  readonly stretches: readonly { readonly name: string; readonly ms: number }[]
  readonly failure?: {
    readonly side: string
    readonly phase: string
    readonly reason: string
    readonly detail: string
    readonly frames: readonly TimelineFrame[]
  }
}

/** Operations of one phone, the oldest first. */
export type PhoneTimeline = {
  readonly deviceName: string
  /** From all that was recorded, or from the last operations that are kept in memory. */
  readonly from: 'recording' | 'memory'
  readonly operations: readonly TimelineOperation[]
  /** There were more, or some may be missing. */
  readonly isPart: boolean
}

/** Where to begin: what ended last, and what failed last, the newest first; without frames. */
export type RecentOperations = { readonly last: readonly TimelineOperation[]; readonly failed: readonly TimelineOperation[] }

/** Where the operations of phones are found while a run goes on. */
export type PhoneSource = {
  recent(): RecentOperations
  /** @throws what the reading of a recording throws; the reason of the signal. */
  phone(deviceName: string, signal: AbortSignal): Promise<PhoneTimeline>
}
