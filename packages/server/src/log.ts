import type { Logger } from '@capfkit/listen'
import { ServerError } from './errors.ts'
import { IssueError } from './issuers/issue-error.ts'
import type { SessionSummary } from './session-context.ts'
import { isFailure } from './status.ts'

/** One line a session: device, state, what went wrong and where. Failures are warnings. */
export const logSession = (log: Logger, summary: SessionSummary): void => {
  const failed = summary.status === undefined ? summary.detail !== undefined : isFailure(summary.status)
  log[failed || summary.warning !== undefined ? 'warn' : 'info'](summary, failed ? 'session failed' : 'session ended')
}

/** What is known says itself in a sentence; of anything else its stack is wanted. */
export const why = (error: unknown): { detail: string } | { err: unknown } =>
  error instanceof IssueError || error instanceof ServerError ? { detail: error.message } : { err: error }
