import { setTimeout as delay } from 'node:timers/promises'
import { isAway } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import { LEASE_MS } from './lease.ts'
import { LeaseLost } from './own-transaction.ts'
import { type RunRow, runFrom, statement } from './run-store.ts'
import { openFleetDatabase } from './schema.ts'
import { SliceQueue } from './slice-queue.ts'
import { WorkerRun } from './worker-run.ts'

const LOOK_MS = 500

export type FleetWorkerInit = {
  /** `postgres://…` */
  store: string
  /** Client processes. */
  processes: number
  /** File of a key pool that its phones take their keys from; without it one is made for each run. */
  keyPool?: string | undefined
  /** What it is called in the run. */
  name: string
  /** Of this program: all in a run have the same. */
  version: string
  /** How long others leave it what it has without a word from it, ms. */
  leaseMs?: number
  /** Gives back what it holds when what runs has ended, and leaves. */
  signal: AbortSignal
  /** Leaves when it was in so many runs to their end; 0, and it stays. */
  runs?: number
  /** Hears what happens, a sentence each. */
  onSay?: (sentence: string) => void
}

/**
 * Take work of distributed runs until the signal. A database that is away is waited for, also in the beginning.
 *
 * @throws {FleetError} `FLEET_OTHER_VERSION`, `FLEET_CLIENT_FAILED`; ServerError a `STORE_*` code that does not pass by itself.
 */
export const runFleetWorker = async (init: FleetWorkerInit): Promise<void> => {
  const { store, version, signal, runs = 0, onSay = () => {} } = init
  await using stack = new AsyncDisposableStack()
  const connections = openFleetDatabase(store)
  stack.defer(() => connections.close())
  let queue: SliceQueue | undefined
  let isAwayTold = false
  for (let done = 0; !signal.aborted && (runs === 0 || done < runs); ) {
    try {
      if (!queue) {
        queue = stack.use(await SliceQueue.open(connections))
        onSay(`${isAwayTold ? 'the store is back; ' : ''}waiting for a run at ${connections.place}`)
        isAwayTold = false
      }
      const { rows } = await connections.run(statement('openRun', []))
      if (isAwayTold) onSay('the store is back')
      isAwayTold = false
      const run = runFrom(rows[0])
      if (run?.isLed) {
        checkVersion(run, version)
        await new WorkerRun({ leaseMs: LEASE_MS, ...init, connections, queue, run, onSay }).run()
        onSay(`left run ${run.id}`)
        done++
        continue
      }
    } catch (error) {
      if (error instanceof LeaseLost) onSay('the lease ran out: somebody else has the phones, and this worker joins again')
      else if (!isAway(error)) throw error
      else if (!isAwayTold) onSay(`the store is away, and this worker waits for it: ${(error as Error).message}`)
      isAwayTold ||= isAway(error)
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

const checkVersion = ({ id, version: wanted }: RunRow, version: string): void => {
  if (wanted === version) return
  const cause = new Error(`the run is led by version ${wanted}, this is version ${version}`)
  throw new FleetError('FLEET_OTHER_VERSION', `run ${id}`, { cause })
}
