import type { ToClient } from './client-messages.ts'
import type { PaceState } from './pace.ts'
import type { PhaseStanding } from './plan/remainder.ts'
import type { Standing } from './progress.ts'
import type { RoundSummary } from './summary.ts'

/** What whoever runs the phones is told of a run. */
export type PhonesOfRun = Omit<ToClient & { type: 'start' }, 'type' | 'first' | 'step'>

/** Runs the phones of a run phase after phase and adds up: processes of this machine, or workers on several. */
export type PhoneRunner = Standing &
  AsyncDisposable & {
    /** Phones that are ready. */
    readonly made: number
    /** Everything is ready for the first phase when it resolves. */
    start(init: PhonesOfRun, processes: number): Promise<void>
    /**
     * One phase, or what is left of it; resolves when the last session has ended.
     *
     * @returns what is known of the whole phase, also of before the run was resumed; what is left out is counted here.
     */
    runPhase(number: number, standing?: PhaseStanding): Promise<Partial<RoundSummary> | undefined>
    setPace(state: PaceState): void
    /** Nothing more starts; what runs may end in its own time. */
    drain(): void
    /** The same, but what runs has a few seconds, or so many ms. */
    stop(graceMs?: number): void
  }
