import { randomBytes, randomUUID } from 'node:crypto'
import { FleetError } from '../errors.ts'
import type { RunFleetInit } from '../run-fleet.ts'
import { runFleet } from '../run-fleet.ts'
import type { FleetSummary } from '../summary.ts'
import { BEATS_A_LEASE } from './coordinator-look.ts'
import { CoordinatorStore } from './coordinator-store.ts'
import { givePhones, takePhones } from './fleet-phones.ts'
import { LEASE_MS } from './lease.ts'
import { AS_PLANNED, type RunRow } from './run-store.ts'
import { openFleetDatabase } from './schema.ts'
import { SliceQueue } from './slice-queue.ts'
import { StorePatience } from './store-patience.ts'
import { StoreRecording } from './store-recording.ts'
import { WorkerClients } from './worker-clients.ts'
import { HOW_TO_START } from './worker-roster.ts'

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

type RunDistributedInit = Omit<RunFleetInit, 'elsewhere' | 'standing'> & { coordinator: CoordinatorInit }

type Led = {
  coordinator: CoordinatorInit
  patience: StorePatience
  store: CoordinatorStore
  /** The run as it stands in the store, where it goes on. */
  found?: RunRow | undefined
}

/** Says how many workers are still to come, whenever that is another number. */
const waitingWords = ({ store, coordinator: { workers, onSay } }: Led): ((there: number) => void) => {
  let told = -1
  return there => {
    if (there === told || there >= workers) return
    told = there
    onSay(
      `run ${store.run}: ${there} of ${workers} ${workers === 1 ? 'worker is' : 'workers are'} there; start one with ${HOW_TO_START}`,
    )
  }
}

/** Keys, orders and reports may take longer than the lease; the phones of a worker that dies meanwhile are not to wait for that. */
const keepAlive = (leaseMs: number, word: () => Promise<void>): Disposable => {
  let isSaying = false
  const say = async () => {
    if (isSaying) return
    isSaying = true
    await word().catch(() => {})
    isSaying = false
  }
  const timer = setInterval(say, leaseMs / BEATS_A_LEASE)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Lead a run. */
export const lead = async (init: Omit<RunFleetInit, 'elsewhere'>, led: Led): Promise<FleetSummary> => {
  const { coordinator, patience, store, found } = led
  const { connections, run } = store
  const { workers, onSay, leaseMs = LEASE_MS } = coordinator
  let clients: WorkerClients | undefined
  using _ = keepAlive(leaseMs, () => (clients?.isThere ? clients.look() : store.keep()))
  const sayHowToGoOn = () => onSay(`go on with: capf fleet resume --store ${connections.place} --run ${run}`)
  try {
    await using queue = await SliceQueue.open(connections)
    await queue.dropOthers(await store.runs())
    const summary = await runFleet({
      ...init,
      elsewhere: {
        runner: hooks => {
          clients = new WorkerClients({
            store,
            patience,
            queue,
            workers,
            leaseMs,
            found,
            hooks,
            onWaiting: waitingWords(led),
            onSay,
          })
          return clients
        },
        whenBack: work => patience.whenBack(work),
        givePhones: (file, identities) => givePhones(file, { connections, run, identities }),
        takePhones: file => takePhones(file, { connections, run }),
        ordered: phase => clients?.ordered(phase) ?? Promise.resolve(),
        record: header => {
          clients?.recordedAs(header)
          return new StoreRecording({ store, header, folder: init.options.out, rounds: found?.rounds ?? [] })
        },
      },
    })
    const state = (await store.look())?.state
    if (state === 'stopped') sayHowToGoOn()
    else if (state === 'ended') await queue.drop(run)
    return summary
  } catch (error) {
    const code = error instanceof FleetError ? error.code : undefined
    patience.end()
    // Workers leave, and the run can go on; whoever leads it by now is not disturbed.
    if (code !== 'FLEET_STOPPED_AWAY') await store.end('stopped').catch(() => {})
    if (clients?.isThere && code !== 'FLEET_RUN_GOING') sayHowToGoOn()
    throw error
  }
}

/**
 * Have workers on any number of machines run a fleet, and add up what they tell.
 *
 * @throws what `runFleet` throws; {FleetError} `FLEET_RUN_GOING`; ServerError a `STORE_*` code.
 */
export const runDistributed = async ({ coordinator, ...init }: RunDistributedInit): Promise<FleetSummary> => {
  await using stack = new AsyncDisposableStack()
  const patience = new StorePatience(coordinator.onSay)
  const connections = openFleetDatabase(coordinator.store, patience)
  stack.defer(() => connections.close())
  const store = new CoordinatorStore(connections, {
    run: randomBytes(4).toString('hex'),
    token: randomUUID(),
    leaseMs: coordinator.leaseMs ?? LEASE_MS,
  })
  await store.reserve({ version: coordinator.version, pace: AS_PLANNED })
  patience.begin(store.run)
  return await lead(init, { coordinator, patience, store })
}
