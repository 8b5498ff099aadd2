import { type KeyPool, openKeyPool, readPrivateKey } from '@capfkit/pki'
import { type DeviceStore, openDeviceStore } from '@capfkit/server'
import type { FromClient, Since, ToClient } from './client-messages.ts'
import { FleetEngine } from './engine.ts'
import { FleetError } from './errors.ts'
import { FleetFile } from './fleet-file/fleet-file.ts'
import { roomOf } from './health/room.ts'
import { KeySource } from './key-source.ts'
import { ProcessHealth } from './process-health.ts'
import { type PartInit, PartRecorder, type Standing } from './recording/part-recorder.ts'
import { RecentEnds } from './recording/recent-ends.ts'
import { parseSourceAddresses } from './source-addresses.ts'

/** The program of one client process of a fleet. Not to be run by hand. */

const TELL_MS = 1_000
const MADE_EVERY = 100

let engine: FleetEngine | undefined
let keys: KeySource | undefined
let pool: KeyPool | undefined
let recorder: PartRecorder | undefined
/** Where somebody watches single phones. */
let recentEnds: RecentEnds | undefined
let store: DeviceStore | undefined
let fleetFile: FleetFile | undefined
/** Told to stop before there was an engine. */
let stopped = false
const health = new ProcessHealth()

const tell = (message: FromClient) => {
  // The parent may be gone at this very moment, which is heard of as a disconnect.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const sinceLast = (running: FleetEngine): Since => ({
  tally: running.takeRecent().encode(),
  inFlight: running.inFlight,
  oldestMs: running.oldestMs,
  health: health.look({ keys, mostOnAddress: running.mostOnAddress }),
  ...(recentEnds && recorder ? { ended: { startedMs: recorder.startedMs, operations: recentEnds.take() } } : {}),
})

const tellSince = () => {
  if (engine) tell({ type: 'since', since: sinceLast(engine) })
}

const standing = (): Standing => {
  const { inFlight = 0, mostOnAddress = 0, tally } = engine ?? {}
  const { started = 0, lateStarts = 0, skipped = 0, laggedSamples = 0 } = tally ?? {}
  return {
    ...{ inFlight, started, lateStarts, skipped, laggedSamples },
    ...{ keysPooled: keys?.pooled ?? 0, keysGenerated: keys?.generated ?? 0 },
    ...health.room?.used(mostOnAddress),
    eventLoopDelayRunP99Ms: health.eventLoopDelayRunP99Ms,
  }
}

const onFailure = ({ message }: FleetError) => tell({ type: 'recordingFailed', message })

const record = ({ folder, header }: PartInit, process: number): Promise<PartRecorder> =>
  PartRecorder.open({
    folder,
    header: { ...header, part: 'client', process },
    standing,
    // What ended is in the record only when its certificate is in the file: a run that goes on relies on that.
    beforeWrite: fleetFile && (() => fleetFile!.flush()),
    onFailure,
    onOperation: recentEnds?.add,
  })

const start = async (message: ToClient & { type: 'start' }) => {
  const { keyPoolFile, first, step, micCa, recording, storeUrl } = message
  pool = keyPoolFile === undefined ? undefined : await openKeyPool(keyPoolFile)
  keys = new KeySource({ pool, first, step })
  const { privateKey } = readPrivateKey(micCa.keyPem)
  health.room = await roomOf({ processes: step, addresses: parseSourceAddresses(message.plan.options.sourceAddresses).count })
  store = storeUrl === undefined ? undefined : openDeviceStore(storeUrl)
  fleetFile = message.fleetFile === undefined ? undefined : new FleetFile({ file: message.fleetFile, process: first, onFailure })
  if (message.isWatched) recentEnds = new RecentEnds()
  if (recording) recorder = await record(recording, first)
  else if (recentEnds) recorder = PartRecorder.watching({ standing, onOperation: recentEnds.add })
  engine = new FleetEngine({
    ...message,
    keys,
    recorder,
    keeping: fleetFile,
    store,
    micCa: { certificateDer: micCa.certificateDer, privateKey },
    lagMs: () => health.lagMs,
    onFirstEnded: tellSince,
  })
  if (stopped) engine.stop()
  await engine.prepare(made => {
    if (made % MADE_EVERY === 0) tell({ type: 'made', phones: made })
  })
  // Names and MICs are in the file before anything happens to the phones.
  await fleetFile?.flush()
  tell({ type: 'ready' })
}

const runPhase = async ({ number, startInMs, standing }: ToClient & { type: 'phase' }) => {
  if (!engine) return
  health.begin()
  const telling = setInterval(tellSince, TELL_MS)
  await engine.runPhase(number, { startMs: performance.now() + startInMs, standing })
  await recorder?.flush()
  await fleetFile?.flush()
  clearInterval(telling)
  health.end()
  tell({ type: 'phaseEnd', since: sinceLast(engine) })
}

const end = async () => {
  await recorder?.[Symbol.asyncDispose]()
  await fleetFile?.[Symbol.asyncDispose]()
  await pool?.close()
  await store?.[Symbol.asyncDispose]()
  if (process.connected) process.disconnect()
}

const handlers: { [T in ToClient['type']]: (message: ToClient & { type: T }) => Promise<void> | undefined } = {
  start,
  phase: runPhase,
  pace: async ({ state }) => engine?.setPace(state),
  drain: async () => {
    stopped = true
    engine?.drain()
  },
  stop: async ({ graceMs }) => {
    stopped = true
    engine?.stop(graceMs)
  },
  end,
}

// A terminal sends Ctrl-C to the whole group: the coordinator decides what it means.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToClient) => {
  handlers[message.type](message as never)?.catch(error => {
    const known = error instanceof FleetError ? { code: error.code, where: error.where } : {}
    const cause = error instanceof FleetError && error.cause instanceof Error ? error.cause : error
    tell({ ...known, type: 'failed', message: cause instanceof Error ? cause.message : String(cause) })
  })
})
