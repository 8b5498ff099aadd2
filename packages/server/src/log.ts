import type { Logger } from '@capfkit/listen'
import type { SessionSummary } from './session-context.ts'
import { isFailure } from './status.ts'

/** One line a session: device, state, what went wrong and where. Failures are warnings. */
export const logSession = (log: Logger, summary: SessionSummary): void => {
  const failed = summary.status === undefined ? summary.detail !== undefined : isFailure(summary.status)
  log[failed || summary.warning !== undefined ? 'warn' : 'info'](summary, failed ? 'session failed' : 'session ended')
}
