import { setTimeout as delay } from 'node:timers/promises'
import {
  type EncodedTally,
  FLEET_PHASES,
  openFleetDatabase,
  runFrom,
  SliceQueue,
  statement,
  Tally,
} from '@capfkit/fleet/distributed'
import { SimulatedWorker } from './simulated-worker.ts'

/** The workers of a fleet that are simulated, in a process of their own. Not to be run by hand. */
export type SimulatedWorkers = {
  store: string
  workers: number
  seconds: number
  /** In the histograms of each report. */
  operationsPerSecond: number
  /** Of a worker with a slice, that it writes one by one. */
  resultsPerSecond: number
}

const LOOK_MS = 200
const VARIETY = 16

/** As latencies are: most are short, few long. */
const someMs = () => Math.exp(3 + 0.6 * (Math.random() + Math.random() + Math.random() - 1.5) * 2)

/** A second of a busy process, with a time in every histogram for each operation. */
const secondOf = (operations: number): EncodedTally => {
  const tally = new Tally()
  for (let done = 0; done < operations; done++) {
    tally.started++
    const phasesMs = Object.fromEntries(FLEET_PHASES.map(phase => [phase, someMs()]))
    tally.record({ scheduledMs: someMs(), actualMs: someMs(), phasesMs, operation: 'install', failure: undefined })
  }
  return tally.encode()
}

process.once('message', async ({ store, workers, operationsPerSecond, ...how }: SimulatedWorkers) => {
  const tallies = Array.from({ length: VARIETY }, () => secondOf(operationsPerSecond))
  const connections = openFleetDatabase(store)
  const queue = await SliceQueue.open(connections)
  const opened = async () => runFrom((await connections.run(statement('openRun', []))).rows[0])
  let run = await opened()
  for (; !run?.isLed; run = await opened()) await delay(LOOK_MS)
  const found = run
  const all = Array.from({ length: workers }, (_, index) => {
    const worker = new SimulatedWorker({ connections, queue, run: found, name: `simulated-${index}`, tallies, ...how })
    return worker.work()
  })
  await Promise.all(all)
  process.send?.('over', () => process.exit(0))
})
