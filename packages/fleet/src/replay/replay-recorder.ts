import type { TimelineFrame, TimelineOperation } from '../live/phone-timeline.ts'
import { timelineFrames } from '../live/timeline-frames.ts'
import type { Ended, OperationRecorder } from '../recording/part-recorder.ts'
import { SessionTape } from '../recording/session-tape.ts'

/** A turn that was played again; its frames are there also when nothing failed. */
export type PlayedTurn = { readonly operation: TimelineOperation; readonly frames: readonly TimelineFrame[] }

const now = () => performance.now()

/** Keeps everything of the one phone that is played again. */
export class ReplayRecorder implements OperationRecorder {
  readonly #tape = new SessionTape(now)
  #last: PlayedTurn | undefined

  tapeFor(): SessionTape {
    return this.#tape
  }

  operation({ deviceName, round, startedMs, counted }: Ended): void {
    const { scheduledMs, actualMs, phasesMs, failure, operation } = counted
    const frames = timelineFrames(this.#tape.take(startedMs).frames)
    this.#last = {
      frames,
      operation: {
        deviceName,
        phase: round,
        phaseName: '',
        operation,
        startedAtMs: performance.timeOrigin + startedMs,
        lateMs: scheduledMs - actualMs,
        totalMs: actualMs,
        stretches: Object.entries(phasesMs).map(([name, ms]) => ({ name, ms })),
        ...(failure ? { failure: { ...failure, detail: failure.detail ?? '', frames } } : {}),
      },
    }
  }

  /** The turn that has ended, which is then forgotten. */
  take(): PlayedTurn | undefined {
    const last = this.#last
    this.#last = undefined
    return last
  }

  // One phone has no schedule, and is not forgotten.
  round(): void {}
  skipped(): void {}
  forget(): void {}
}
