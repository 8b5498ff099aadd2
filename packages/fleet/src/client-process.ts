import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type KeyPool, openKeyPool, readPrivateKey } from '@capfkit/pki'
import type { ClientHealth, ClientProgress, FromClient, ToClient } from './client-messages.ts'
import { FleetEngine } from './engine.ts'
import { KeySource } from './key-source.ts'

/** The program of one client process of a fleet. Not to be run by hand. */

const PROGRESS_MS = 500
const MADE_EVERY = 100

let engine: FleetEngine | undefined
let keys: KeySource | undefined
let pool: KeyPool | undefined
const eventLoopDelay = monitorEventLoopDelay({ resolution: 10 })

const tell = (message: FromClient) => {
  if (process.connected) process.send?.(message)
}

/** CPU time of the rounds alone. */
let cpuMs = 0

const health = (): ClientHealth => {
  return {
    cpuMs,
    eventLoopDelayMs: { p99: eventLoopDelay.percentile(99) / 1e6, max: eventLoopDelay.max / 1e6 },
    memoryBytes: process.memoryUsage.rss(),
    keysPooled: keys?.pooled ?? 0,
    keysGenerated: keys?.generated ?? 0,
  }
}

const progressOf = ({ tally, inFlight }: FleetEngine): ClientProgress => {
  const { started, done, failures, actual } = tally
  return { started, done, failures: [...failures.values()], inFlight, actual: actual.encode() }
}

const start = async (message: ToClient & { type: 'start' }) => {
  const { keyPoolFile, first, step, micCa } = message
  pool = keyPoolFile === undefined ? undefined : await openKeyPool(keyPoolFile)
  keys = new KeySource({ pool, first, step })
  const { privateKey } = readPrivateKey(micCa.keyPem)
  engine = new FleetEngine({ ...message, keys, micCa: { certificateDer: micCa.certificateDer, privateKey } })
  await engine.prepare(made => {
    if (made % MADE_EVERY === 0) tell({ type: 'made', phones: made })
  })
  tell({ type: 'ready' })
}

const runRound = async ({ number, startInMs }: ToClient & { type: 'round' }) => {
  if (!engine) return
  const cpuBefore = process.cpuUsage()
  eventLoopDelay.enable()
  const progress = setInterval(() => {
    if (engine) tell({ type: 'progress', progress: progressOf(engine) })
  }, PROGRESS_MS)
  await engine.runRound(number, performance.now() + startInMs)
  clearInterval(progress)
  eventLoopDelay.disable()
  const { user, system } = process.cpuUsage(cpuBefore)
  cpuMs += (user + system) / 1000
  tell({ type: 'roundEnd', tally: engine.tally.encode(), health: health() })
}

const end = async () => {
  await pool?.close()
  if (process.connected) process.disconnect()
}

const handlers: { [T in ToClient['type']]: (message: ToClient & { type: T }) => Promise<void> | undefined } = {
  start,
  round: runRound,
  stop: async () => engine?.stop(),
  end,
}

// A terminal sends Ctrl-C to the whole group: the coordinator decides what it means.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToClient) => {
  handlers[message.type](message as never)?.catch(error => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
})
