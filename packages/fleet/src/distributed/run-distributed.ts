import { randomBytes, randomUUID } from 'node:crypto'
import type { Connections } from '@capfkit/server'
import type { RunFleetInit } from '../run-fleet.ts'
import { runFleet } from '../run-fleet.ts'
import type { FleetSummary } from '../summary.ts'
import { CoordinatorStore } from './coordinator-store.ts'
import { givePhones, takePhones } from './fleet-phones.ts'
import { AS_PLANNED, type RunRow } from './run-store.ts'
import { openFleetDatabase } from './schema.ts'
import { SliceQueue } from './slice-queue.ts'
import { StoreRecording } from './store-recording.ts'
import { WorkerClients } from './worker-clients.ts'

export type CoordinatorInit = {
  /** `postgres://…` */
  store: string
  /** The run begins when so many workers are there. */
  workers: number
  /** Of this program: all in a run have the same. */
  version: string
  /** How long a worker may be silent before others take its phones, and how long the run is this coordinator's without a word, ms. */
  leaseMs?: number
  /** Hears what happens, a sentence each. */
  onSay: (sentence: string) => void
}

export const LEASE_MS = 10_000

/** A run that goes on, and up to when what was told is in its rounds, ms since it was made. */
export type FoundRun = { found: RunRow; takenUpMs: number }

type RunDistributedInit = Omit<RunFleetInit, 'elsewhere' | 'standing'> & { coordinator: CoordinatorInit }

/** Lead a run. @param init.found  the run as it stands in the store, where it goes on. */
export const lead = async (
  init: Omit<RunFleetInit, 'elsewhere'>,
  led: { coordinator: CoordinatorInit; connections: Connections; store: CoordinatorStore; found?: FoundRun | undefined },
): Promise<FleetSummary> => {
  const { coordinator, connections, store, found } = led
  await using queue = await SliceQueue.open(connections)
  let clients: WorkerClients | undefined
  const { workers, onSay, leaseMs = LEASE_MS } = coordinator
  let told = -1
  // Keys, orders and reports may take longer than the lease; the phones of a worker that dies meanwhile are not to wait for that.
  const keep = () => (clients?.isThere ? clients.look() : store.keep())
  const keeping = setInterval(() => keep().catch(() => {}), leaseMs / 3)
  const onWaiting = (there: number) => {
    if (there === told || there >= workers) return
    told = there
    const how = 'capf fleet worker --store postgres://…'
    onSay(`run ${store.run}: ${there} of ${workers} ${workers === 1 ? 'worker is' : 'workers are'} there; start one with ${how}`)
  }
  try {
    const summary = await runFleet({
      ...init,
      elsewhere: {
        runner: hooks => {
          clients = new WorkerClients({ store, queue, workers, leaseMs, ...found, hooks, onWaiting, onSay })
          return clients
        },
        givePhones: (file, identities) => givePhones(file, { connections, run: store.run, identities }),
        takePhones: file => takePhones(file, { connections, run: store.run }),
        ordered: phase => clients?.ordered(phase) ?? Promise.resolve(),
        record: header => {
          clients?.recordedAs(header)
          return new StoreRecording({ store, header, folder: init.options.out, rounds: found?.found.rounds ?? [] })
        },
      },
    })
    if ((await store.look())?.state === 'stopped') onSay(`go on with: capf fleet resume --store postgres://… --run ${store.run}`)
    else await queue.drop(store.run)
    return summary
  } catch (error) {
    // Workers leave, and the run can go on; whoever leads it by now is not disturbed.
    await store.end('stopped').catch(() => {})
    throw error
  } finally {
    clearInterval(keeping)
  }
}

/**
 * Have workers on any number of machines run a fleet, and add up what they tell.
 *
 * @throws what `runFleet` throws; {FleetError} `FLEET_RUN_GOING`; ServerError a `STORE_*` code.
 */
export const runDistributed = async ({ coordinator, ...init }: RunDistributedInit): Promise<FleetSummary> => {
  await using stack = new AsyncDisposableStack()
  const connections = openFleetDatabase(coordinator.store)
  stack.defer(() => connections.close())
  const store = new CoordinatorStore(connections, {
    run: randomBytes(4).toString('hex'),
    token: randomUUID(),
    leaseMs: coordinator.leaseMs ?? LEASE_MS,
  })
  await store.reserve({ version: coordinator.version, pace: AS_PLANNED })
  return await lead(init, { coordinator, connections, store })
}
