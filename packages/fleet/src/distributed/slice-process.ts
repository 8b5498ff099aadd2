import { type KeyPool, openKeyPool, readPrivateKey } from '@capfkit/pki'
import { type DeviceStore, openDeviceStore } from '@capfkit/server'
import { Counts } from '../counts.ts'
import { FleetEngine } from '../engine.ts'
import { FleetError } from '../errors.ts'
import { roomOf } from '../health/room.ts'
import { type Identities, identitiesOf } from '../identity.ts'
import { KeySource } from '../key-source.ts'
import { type PaceState, PLANNED_PACE } from '../pace.ts'
import { ProcessHealth } from '../process-health.ts'
import type { Standing } from '../recording/part-recorder.ts'
import { RecentEnds } from '../recording/recent-ends.ts'
import { parseSourceAddresses } from '../source-addresses.ts'
import { machineMs } from './database-clock.ts'
import { ResultRecorder } from './result-recorder.ts'
import type { FromSlices, SliceEvent, ToSlices } from './slice-messages.ts'
import { StoredPhones } from './stored-phones.ts'

/** The program of a process of a worker: slices of the phones of a run, an engine each. Not to be run by hand. */

const TELL_MS = 1_000
const EVENT_MS = 200

const engines = new Map<number, FleetEngine>()
const counts = new Counts()
/** Engines of slices that are given back, until their last session was told. */
const leaving = new Map<number, FleetEngine>()
/** Slices with a phase under way. */
const running = new Set<FleetEngine>()
const health = new ProcessHealth()
let given: (ToSlices & { type: 'start' }) | undefined
let keys: KeySource | undefined
let pool: KeyPool | undefined
let store: DeviceStore | undefined
let pace: PaceState = PLANNED_PACE
/** Without a word from the worker the phones may be somebody else's after this moment. */
let ownUntilMs = 0
const mayGoOn = () => machineMs() < ownUntilMs
/** Phases under way. */
const phases = new Set<Promise<void>>()
let identities: Identities | undefined
/** Where phones may go to another worker with what they have. */
let phones: StoredPhones | undefined
/** Where somebody watches single phones. */
let recentEnds: RecentEnds | undefined
let events: SliceEvent[] = []

const tell = (message: FromSlices) => {
  // Whoever is gone by now hears nothing more.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const all = () => [...engines.values(), ...leaving.values()]
const sum = (value: (engine: FleetEngine) => number) => all().reduce((total, engine) => total + value(engine), 0)

const standing = (): Standing => ({
  ...{ inFlight: sum(({ inFlight }) => inFlight), started: 0, lateStarts: 0, skipped: 0, laggedSamples: 0 },
  ...{ keysPooled: keys?.pooled ?? 0, keysGenerated: keys?.generated ?? 0 },
})
const recorder = new ResultRecorder(standing, operation => recentEnds?.add(operation))

/** Results and tally are of the same moment: what is counted is what is told. */
const tellSince = () => {
  const since = {
    tally: counts.takeRecent().encode(),
    inFlight: sum(({ inFlight }) => inFlight),
    oldestMs: Math.max(0, ...all().map(({ oldestMs }) => oldestMs)),
    health: health.look({ keys, mostOnAddress: sum(({ mostOnAddress }) => mostOnAddress) }),
    ...(recentEnds ? { ended: { startedMs: recorder.startedMs, operations: recentEnds.take() } } : {}),
  }
  const [results, happened] = [recorder.take(), events]
  events = []
  for (const { slice, what } of happened) if (what === 'released') leaving.delete(slice)
  tell({ type: 'told', since, fromMs: recorder.startedMs, results, kept: phones?.take() ?? [], events: happened })
}

/** Slices end one soon after the other, and each word has its histograms: what happens at about the same time is told together. */
const happen = (event: SliceEvent) => {
  events.push(event)
  if (events.length === 1) setTimeout(tellSince, EVENT_MS)
}

const start = async (message: ToSlices & { type: 'start' }) => {
  const { keyPoolFile, process: first, processes: step, plan, storeUrl, keepsPhones, isWatched } = message
  given = message
  identities = identitiesOf(plan.options)
  pool = keyPoolFile === undefined ? undefined : await openKeyPool(keyPoolFile)
  keys = new KeySource({ pool, first, step })
  health.room = await roomOf({ processes: step, addresses: parseSourceAddresses(plan.options.sourceAddresses).count })
  store = storeUrl === undefined ? undefined : openDeviceStore(storeUrl)
  if (keepsPhones) phones = new StoredPhones()
  if (isWatched) recentEnds = new RecentEnds()
  setInterval(tellSince, TELL_MS).unref()
  tell({ type: 'ready' })
}

const take = async ({ slice, phones: known }: ToSlices & { type: 'take' }) => {
  if (!given || !keys) return
  phones?.add(known)
  const { micCa, slices } = given
  const engine = new FleetEngine({
    ...given,
    forgetsCut: true,
    ...{ first: slice, step: slices, keys, recorder, store, identities, counts, keeping: phones, mayGoOn },
    micCa: { certificateDer: micCa.certificateDer, privateKey: readPrivateKey(micCa.keyPem).privateKey },
    lagMs: () => health.lagMs,
  })
  engine.setPace(pace)
  engines.set(slice, engine)
  await engine.prepare()
  happen({ slice, what: 'ready' })
}

const runPhase = async (message: ToSlices & { type: 'phase' }) => {
  const { slice, number, startAtMs, standing: sliceStanding } = message
  const engine = engines.get(slice)
  if (!engine) return
  if (running.size === 0) health.begin()
  running.add(engine)
  const phase = engine.runPhase(number, { startMs: startAtMs - performance.timeOrigin, slice: sliceStanding })
  phases.add(phase)
  await phase.finally(() => phases.delete(phase))
  running.delete(engine)
  if (running.size === 0) health.end()
  // A slice that is given back in the middle of a phase is not through with it.
  happen(leaving.has(slice) ? { slice, what: 'released' } : { slice, what: 'phaseEnd', phase: number })
}

const release = async ({ slice }: ToSlices & { type: 'release' }) => {
  const engine = engines.get(slice)
  if (!engine) return
  engines.delete(slice)
  leaving.set(slice, engine)
  engine.drain()
  if (!running.has(engine)) happen({ slice, what: 'released' })
}

const setPace = (state: PaceState) => {
  pace = state
  for (const engine of all()) engine.setPace(state)
}

const end = async () => {
  // Nobody orders anything in a store that is closed.
  for (const engine of all()) engine.stop(0)
  await Promise.allSettled(phases)
  await recorder[Symbol.asyncDispose]()
  await pool?.close()
  await store?.[Symbol.asyncDispose]()
  if (process.connected) process.disconnect()
}

const handlers: { [T in ToSlices['type']]: (message: ToSlices & { type: T }) => Promise<void> } = {
  start,
  take,
  phase: runPhase,
  release,
  lease: async ({ untilMs }) => {
    const wasOver = !mayGoOn()
    ownUntilMs = untilMs
    if (wasOver) setPace(pace)
  },
  pace: async ({ state }) => setPace(state),
  drain: async () => {
    for (const engine of all()) engine.drain()
  },
  stop: async ({ graceMs }) => {
    for (const engine of all()) engine.stop(graceMs)
  },
  end,
}

// Whoever holds the lease decides what a signal of the terminal means.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToSlices) => {
  const handle = handlers[message.type] as (message: ToSlices) => Promise<void>
  handle(message).catch(error => {
    const known = error instanceof FleetError ? { code: error.code, where: error.where } : {}
    tell({ ...known, type: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
})
