import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type KeyPool, openKeyPool, readPrivateKey } from '@capfkit/pki'
import type { ClientHealth, ClientProgress, FromClient, ToClient } from './client-messages.ts'
import { FleetEngine } from './engine.ts'
import { FleetError } from './errors.ts'
import { KeySource } from './key-source.ts'
import { type PartInit, PartRecorder, type Standing } from './recording/part-recorder.ts'

/** The program of one client process of a fleet. Not to be run by hand. */

const PROGRESS_MS = 500
const MADE_EVERY = 100
/** The monitor looks this often, and counts its own interval as delay. */
const LOOK_MS = 10

let engine: FleetEngine | undefined
let keys: KeySource | undefined
let pool: KeyPool | undefined
let recorder: PartRecorder | undefined
/** Told to stop before there was an engine. */
let stopped = false
const eventLoopDelay = monitorEventLoopDelay({ resolution: LOOK_MS })
const delayMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - LOOK_MS)

const tell = (message: FromClient) => {
  if (process.connected) process.send?.(message)
}

/** CPU time of the rounds alone. */
let cpuMs = 0

const health = (): ClientHealth => ({
  cpuMs,
  eventLoopDelayMs: { p99: delayMs(eventLoopDelay.percentile(99)), max: delayMs(eventLoopDelay.max) },
  memoryBytes: process.memoryUsage.rss(),
  keysPooled: keys?.pooled ?? 0,
  keysGenerated: keys?.generated ?? 0,
})

const progressOf = ({ tally, inFlight }: FleetEngine): ClientProgress => {
  const { started, done, failures, actual } = tally
  return { started, done, failures: [...failures.values()], inFlight, actual: actual.encode() }
}

const tellProgress = () => {
  if (engine) tell({ type: 'progress', progress: progressOf(engine) })
}

const standing = (): Standing => {
  const { inFlight = 0, tally } = engine ?? {}
  const { started = 0, lateStarts = 0 } = tally ?? {}
  return { inFlight, started, lateStarts, keysPooled: keys?.pooled ?? 0, keysGenerated: keys?.generated ?? 0 }
}

const record = ({ folder, header }: PartInit, process: number): Promise<PartRecorder> =>
  PartRecorder.open({
    folder,
    header: { ...header, part: 'client', process },
    standing,
    onFailure: ({ message }) => tell({ type: 'recordingFailed', message }),
  })

const start = async (message: ToClient & { type: 'start' }) => {
  const { keyPoolFile, first, step, micCa, recording } = message
  pool = keyPoolFile === undefined ? undefined : await openKeyPool(keyPoolFile)
  keys = new KeySource({ pool, first, step })
  const { privateKey } = readPrivateKey(micCa.keyPem)
  recorder = recording && (await record(recording, first))
  engine = new FleetEngine({
    ...message,
    keys,
    recorder,
    micCa: { certificateDer: micCa.certificateDer, privateKey },
    onFirstEnded: tellProgress,
  })
  if (stopped) engine.stop()
  await engine.prepare(made => {
    if (made % MADE_EVERY === 0) tell({ type: 'made', phones: made })
  })
  tell({ type: 'ready' })
}

const runRound = async ({ number, startInMs }: ToClient & { type: 'round' }) => {
  if (!engine) return
  const cpuBefore = process.cpuUsage()
  eventLoopDelay.enable()
  const progress = setInterval(tellProgress, PROGRESS_MS)
  await engine.runRound(number, performance.now() + startInMs)
  await recorder?.flush()
  clearInterval(progress)
  eventLoopDelay.disable()
  const { user, system } = process.cpuUsage(cpuBefore)
  cpuMs += (user + system) / 1000
  tell({ type: 'roundEnd', tally: engine.tally.encode(), health: health() })
}

const end = async () => {
  await recorder?.[Symbol.asyncDispose]()
  await pool?.close()
  if (process.connected) process.disconnect()
}

const handlers: { [T in ToClient['type']]: (message: ToClient & { type: T }) => Promise<void> | undefined } = {
  start,
  round: runRound,
  stop: async () => {
    stopped = true
    engine?.stop()
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
