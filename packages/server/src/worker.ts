import { createLog, ListenError } from '@capfkit/listen'
import { type CertificateAndKey, pemToDer, readPrivateKey } from '@capfkit/pki'
import { CapfServer, type CapfServerInit } from './capf-server.ts'
import { ServerError } from './errors.ts'
import type { ServerOptions } from './options.ts'
import { openDeviceStore } from './store/open.ts'
import type { DeviceStore } from './store/store.ts'
import type { FromWorker, PemPair, ToWorker } from './worker-messages.ts'

const REPORT_MS = 1_000

const tell = (message: FromWorker) => {
  // The parent may be gone at this very moment, which is heard of as a disconnect.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const revive = ({ certificatePem, keyPem }: PemPair): CertificateAndKey => ({
  certificatePem,
  keyPem,
  certificateDer: pemToDer(certificatePem)[0]!,
  privateKey: readPrivateKey(keyPem).privateKey,
})

/** Makes, in the worker, what cannot be sent to it: functions. `wiring` is what the parent was given for this. */
export type Wire = (wiring: unknown, options: ServerOptions) => Promise<Pick<CapfServerInit, 'issue' | 'onlineCa'>>

const nothing: Wire = async () => ({})

/** The life of a worker: a CAPF server that its parent starts, reloads and drains. */
class Worker {
  readonly #wire: Wire
  #server: CapfServer | undefined
  #store: DeviceStore | undefined
  #memoryBytes = 0
  /** What comes while the server is still being started is done afterwards. */
  #started: Promise<void> = Promise.resolve()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  readonly handlers: { [T in ToWorker['type']]: (message: ToWorker & { type: T }) => void } = {
    start: message => {
      this.#started = this.#start(message)
    },
    reload: ({ certificate }) => void this.#started.then(() => this.#server?.reload(revive(certificate))),
    report: () => this.report(),
    drain: () => void this.#started.then(() => this.#end()),
    cut: () => this.#server?.cut(),
  }

  report(): void {
    const server = this.#server
    if (!server) return
    const { user, system } = process.cpuUsage()
    const { counters, sessions, connections, caLoad } = server
    const ca = { caRunning: caLoad.running, caWaiting: caLoad.waiting }
    tell({
      type: 'report',
      report: {
        counts: counters.counts,
        sessions,
        connections,
        cpuMs: (user + system) / 1000,
        memoryBytes: this.#resident(),
        ...ca,
      },
    })
  }

  /** The system takes a file descriptor to say it; where there is none left, it is what it was when there was one. */
  #resident(): number {
    try {
      this.#memoryBytes = process.memoryUsage.rss()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EMFILE' && code !== 'ENFILE') throw error
    }
    return this.#memoryBytes
  }

  /** The parent has let go: end in order. */
  async orphaned(): Promise<void> {
    await this.#started
    await this.#end()
  }

  async #start({ options, certificate, ca, micCas, lscCas, reusePort, wiring }: ToWorker & { type: 'start' }): Promise<void> {
    try {
      const wired = await this.#wire(wiring, options)
      this.#store = openDeviceStore(options.store, {
        lockTimeoutMs: options.storeLockTimeoutMs,
        connections: options.storeConnections,
      })
      const log = createLog({ level: options.logLevel })
      const init = { ...wired, store: this.#store, options, micCas, lscCas, reusePort, log, certificate: revive(certificate) }
      this.#server = await CapfServer.start(ca ? { ...init, ca: revive(ca) } : init)
      tell({ type: 'listening', ...this.#server.address })
      setInterval(() => this.report(), REPORT_MS).unref()
    } catch (error) {
      const isOurs = error instanceof ServerError || error instanceof ListenError
      const { code, where } = isOurs ? error : { code: undefined, where: 'worker' }
      tell({ type: 'failed', code, where, message: error instanceof Error ? error.message : String(error) })
      await this.#end(0)
    }
  }

  async #end(drainTimeoutMs?: number): Promise<void> {
    await this.#server?.close(drainTimeoutMs)
    await this.#store?.[Symbol.asyncDispose]()
    this.report()
    if (process.connected) process.disconnect()
  }
}

/**
 * The whole program of a worker process of a `ServerGroup`: does what its parent says until it is let go. A program of its own,
 * named in the group's `worker`, calls this with a `wire` for what it imports and the server does not know.
 */
export const serveAsWorker = (wire = nothing): void => {
  const worker = new Worker(wire)
  // A terminal sends Ctrl-C to the whole group, and a hang-up when it closes: the parent decides what they mean.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
  process.on('message', (message: ToWorker) => worker.handlers[message.type](message as never))
  process.on('disconnect', () => void worker.orphaned().then(() => process.exit(0)))
}
