import type { Figures } from './figures.ts'

/** Raised when an old reader would misread a new snapshot; new fields alone do not. */
export const SNAPSHOT_VERSION = 1

/** What a run is doing. */
export const RUN_STATES = {
  preparing: 'keys, phones and server are being made; nothing is measured',
  running: 'operations start as planned',
  paused: 'nothing starts until it goes on; what runs may end',
  draining: 'nothing more starts; what runs may end',
  stopping: 'nothing more starts; what runs has a few seconds to end',
  ended: 'nothing runs any more',
} as const

export type RunState = keyof typeof RUN_STATES

/** One way in which operations failed; words of the wire may be in it. */
export type LiveFailure = { readonly side: string; readonly phase: string; readonly reason: string; readonly count: number }

/** One way in which phones misbehaved on purpose, and how their sessions ended. */
export type LiveDisturbance = { readonly fault: string; readonly outcome: string; readonly count: number }

/** Percentiles of a time, ms; absent where nothing was measured. */
export type LivePercentiles = { readonly p50: number; readonly p90: number; readonly p99: number }

/** One stretch of an operation: what it took in the last second, and in the run so far. */
export type LiveStretch = {
  readonly phase: string
  readonly last?: LivePercentiles | undefined
  readonly run?: LivePercentiles | undefined
}

/** How one client process was doing in the last second. */
export type LiveProcess = {
  readonly process: number
  /** Of one core. */
  readonly cpuShare: number
  readonly eventLoopDelayP99Ms: number
  readonly eventLoopDelayMaxMs: number
  readonly memoryBytes: number
}

/** One phase of the plan. */
export type LivePhase = {
  readonly name: string
  /** Operations; absent where it goes on until its time is over. */
  readonly total?: number | undefined
  /** Ended, done or failed. */
  readonly ended: number
}

/** What the run must keep to, and whether it does so far. */
export type LiveThreshold = { readonly sentence: string; readonly value: string; readonly holds: boolean }

/** What was asked of the run while it was under way. */
export type LiveControl = {
  readonly factor: number
  readonly paused: boolean
  readonly draining: boolean
  readonly stopping: boolean
}

/** What is known of a run before it begins. */
export type LiveRun = {
  readonly target: string
  readonly seed: number
  readonly phones: number
  /** ms since 1970. */
  readonly startedAtMs: number
}

/**
 * A run at one moment: plain data, everything that screen, page, metrics and JSON Lines show. At most one a second is made, and its
 * size does not grow with the number of phones.
 */
export type LiveSnapshot = {
  readonly version: typeof SNAPSHOT_VERSION
  /** ms since 1970. */
  readonly atMs: number
  /** Since the first phase began; before that 0. */
  readonly seconds: number
  readonly state: RunState
  /** What the run was told. */
  readonly control: LiveControl
  /** What is being done, in a word or two. */
  readonly stage: string
  /** How far a preparation is: keys, phones. */
  readonly making?: { readonly done: number; readonly total: number } | undefined
  readonly run: LiveRun
  readonly phases: readonly LivePhase[]
  /** Which of them it is at, from 0; absent before the first. */
  readonly phase?: number | undefined
  readonly figures: Figures
  /** The most frequent ways to fail, at most {@link MOST_FAILURES}. */
  readonly failures: readonly LiveFailure[]
  /** Operations that failed in ways that are not among them. */
  readonly otherFailures: number
  /** What phones did wrong on purpose, and what came of it. */
  readonly disturbances: readonly LiveDisturbance[]
  readonly stretches: readonly LiveStretch[]
  readonly processes: readonly LiveProcess[]
  readonly thresholds: readonly LiveThreshold[]
  /** What the generator could not keep up with, a sentence each: such a run says nothing about the server. */
  readonly warnings: readonly string[]
}

export const MOST_FAILURES = 50
