import { setTimeout as delay } from 'node:timers/promises'
import { isAway, type ServerError } from './errors.ts'
import { type Ending, outcomeOf } from './outcome.ts'
import type { SessionContext } from './session-context.ts'
import type { Lease, Outcome } from './store/store.ts'
import { productKey } from './stored-certificate.ts'
import { outcomeLines, publicKeyLines, selectLines } from './trace-lines.ts'

/** Between two attempts to write to a store that is away. */
const PAUSE_MS = 250

/** Whether the store has the outcome, and if not, why. */
export type Recorded = { readonly written: true } | { readonly written: false; readonly detail: string }

/** The row once more, with what the session has made of it. */
const traceInstalled = async ({ device, publicKeyDer }: Ending, { trace, store }: SessionContext): Promise<void> => {
  if (!trace || !publicKeyDer) return
  trace.write(publicKeyLines(device.name, productKey(publicKeyDer).keyDer))
  const after = await store.get(device.name).catch(() => undefined)
  if (after) trace.write(selectLines(after, device))
}

/** Whether the same may do a little later: the database is back, or there is room on its disk. For a lock the store has waited already. */
const passes = (error: unknown): boolean => isAway(error) && (error as ServerError).code !== 'STORE_LOCKED'

/** The phone has done its part and would have to do it all again: a store that is away for a moment is waited for. */
const settle = async (
  { lease, outcome, store }: Pick<SessionContext, 'store'> & { lease: Lease; outcome: Outcome },
  isWanted: () => boolean,
): Promise<boolean> => {
  for (;;) {
    try {
      return await store.settle(lease, outcome)
    } catch (error) {
      if (!passes(error) || !isWanted()) throw error
      await delay(PAUSE_MS)
    }
  }
}

/**
 * Write how an operation ended, with the end of its lease [CAPF-3.4]. Never rejects: a lease that the store does not end now is
 * left to the node.
 *
 * @param isWanted  whether the phone still waits for it.
 */
export const recordOutcome = async (
  ending: Ending & { lease: Lease },
  context: SessionContext,
  isWanted: () => boolean,
): Promise<Recorded> => {
  const { device, lease, status } = ending
  const { trace, store } = context
  const outcome = outcomeOf(ending, context)
  const isInstalled = outcome.certificate !== undefined
  if (isInstalled) trace?.write(selectLines(device))
  trace?.write(outcomeLines({ deviceName: device.name, opStatus: status, outcome }))
  try {
    if (!(await settle({ lease, outcome, store }, isWanted)))
      return { written: false, detail: 'the device was removed or given to another node' }
  } catch (error) {
    context.orphan(lease)
    return { written: false, detail: error instanceof Error ? error.message : String(error) }
  }
  if (isInstalled) await traceInstalled(ending, context)
  return { written: true }
}
