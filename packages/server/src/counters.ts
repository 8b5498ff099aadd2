import type { Rejected } from '@capfkit/listen'
import type { SessionSummary } from './session-context.ts'

/** What a server counts: plain numbers, so that they pass between processes and into any metrics system. */
export type Counts = {
  /** Sessions by `operation status` (`none` where there was no operation). */
  sessions: Record<string, number>
  /** Connections that never became a session, by reason. */
  rejected: Record<string, number>
}

const increment = (counts: Record<string, number>, key: string) => {
  counts[key] = (counts[key] ?? 0) + 1
}

/** Counts of one process. The keys are bounded: they are names from tables. */
export class ServerCounters {
  readonly counts: Counts = { sessions: {}, rejected: {} }

  ended({ operation, status }: SessionSummary): void {
    increment(this.counts.sessions, `${operation ?? 'none'} ${status ?? 'none'}`)
  }

  rejected(why: Rejected['why']): void {
    increment(this.counts.rejected, why)
  }
}
