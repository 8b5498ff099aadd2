import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Address,
  childArguments,
  formatAddress,
  LISTEN_ERRORS,
  ListenError,
  type ListenErrorCode,
  mustBeFree,
  parseAddress,
} from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import type { Counts } from './counters.ts'
import { ServerError } from './errors.ts'
import type { ServerOptions } from './options.ts'
import { checkServable } from './servable.ts'
import type { FromWorker, PemPair, ToWorker, WorkerReport } from './worker-messages.ts'

// From source this is a .ts file, in the published package a .js file.
const WORKER_PROGRAM = fileURLToPath(new URL(`./worker-process${extname(import.meta.filename)}`, import.meta.url))
/**
 * Node's TLS keeps a read buffer of 64 KiB for each connection and touches a few KiB of it. Out of the heap it lies in pages
 * that something else has touched before, and is resident as a whole; mapped for itself it is not. Only glibc knows the name.
 */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: '65536' }
/** A worker that dies is started again, but not more often than this. */
const RESTART_MS = 1_000
/** What a worker may take beyond its own time-outs to end; one that does not even then is killed. */
const END_MS = 5_000

export type ServerGroupInit = {
  options: ServerOptions
  certificate: CertificateAndKey
  ca?: CertificateAndKey
  micCas?: readonly Buffer[]
  lscCas?: readonly Buffer[]
  /** Another program for the workers, which calls `serveAsWorker`, and what it is sent: plain data that may be secret. */
  worker?: { readonly program: string; readonly wiring: unknown }
  /** Told when a worker ended without being asked to; it is started again. */
  onWorkerLost?: (error: ServerError) => void
}

/** Sum of what the workers report. */
export type GroupReport = WorkerReport & { workers: number }

const isListenCode = (code: string): code is ListenErrorCode => Object.hasOwn(LISTEN_ERRORS, code)

const pemPair = ({ certificatePem, keyPem }: CertificateAndKey): PemPair => ({ certificatePem, keyPem })

const add = (into: Record<string, number>, counts: Readonly<Record<string, number>>) => {
  for (const [key, count] of Object.entries(counts)) into[key] = (into[key] ?? 0) + count
}

/**
 * A CAPF server in several processes that share one port (`SO_REUSEPORT`) and one device store.
 *
 * The parent never touches a connection; it starts, watches, reloads and drains.
 */
export class ServerGroup implements AsyncDisposable {
  #init: ServerGroupInit
  readonly #workers = new Map<ChildProcess, WorkerReport | undefined>()
  /** What workers that have ended had counted. */
  readonly #pastCounts: Counts = { sessions: {}, rejected: {} }
  #pastCpuMs = 0
  /** Workers that are to be started again. They keep the process alive: without a worker nothing else does. */
  readonly #restarts = new Set<NodeJS.Timeout>()
  #address: Address
  #stopping = false

  private constructor(init: ServerGroupInit) {
    this.#init = init
    this.#address = parseAddress(init.options.listen)
  }

  /** @throws {ServerError} what the first worker that fails to start says. */
  static async start(init: ServerGroupInit): Promise<ServerGroup> {
    const group = new ServerGroup(init)
    const { store, workers } = init.options
    const count = store === 'memory:' ? 1 : workers === 0 ? availableParallelism() : workers
    try {
      // Who shares a port would get it beside another server, and each of them half of the phones.
      if (count > 1) await mustBeFree(group.#address)
      // The first picks the port, if it is 0, and finds out whether it can be had at all.
      group.#address = await group.#launch(count > 1)
      await Promise.all(Array.from({ length: count - 1 }, () => group.#launch(true)))
      return group
    } catch (error) {
      await group.close()
      throw error
    }
  }

  get address(): Address {
    return this.#address
  }

  /** What the workers said last, at most a second ago. */
  report(): GroupReport {
    const counts: Counts = { sessions: { ...this.#pastCounts.sessions }, rejected: { ...this.#pastCounts.rejected } }
    const sum: GroupReport = {
      counts,
      sessions: 0,
      connections: 0,
      cpuMs: this.#pastCpuMs,
      memoryBytes: 0,
      caRunning: 0,
      caWaiting: 0,
      workers: this.#workers.size,
    }
    for (const report of this.#workers.values()) {
      if (!report) continue
      add(counts.sessions, report.counts.sessions)
      add(counts.rejected, report.counts.rejected)
      for (const key of ['sessions', 'connections', 'cpuMs', 'memoryBytes', 'caRunning', 'caWaiting'] as const)
        sum[key] += report[key]
    }
    return sum
  }

  /** Ask the workers, and add up what they say now. */
  async freshReport(): Promise<GroupReport> {
    const said = [...this.#workers.keys()].map(
      worker =>
        new Promise<void>(resolve => {
          const done = () => {
            worker.off('message', listen).off('exit', done)
            resolve()
          }
          const listen = ({ type }: FromWorker) => {
            if (type === 'report') done()
          }
          worker.on('message', listen).once('exit', done)
        }),
    )
    this.#tell({ type: 'report' })
    await Promise.all(said)
    return this.report()
  }

  /** Process ids of the workers, for measurements. */
  get pids(): number[] {
    return [...this.#workers.keys()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /**
   * Serve and sign with another certificate from the next connection on.
   *
   * @throws {ServerError} `SERVER_CERTIFICATE_INVALID`; the certificate of before then stays in all workers.
   */
  reload(certificate: CertificateAndKey): void {
    const { ca, options, lscCas = [], certificate: before } = this.#init
    checkServable({ certificate, options, ...(ca ? { ca } : {}) })
    // A worker that is started again believes the LSCs of before, as the others do.
    this.#init = { ...this.#init, certificate, lscCas: [...lscCas, before.certificateDer] }
    this.#tell({ type: 'reload', certificate: pemPair(certificate) })
  }

  /** Let the sessions end (at most `drainTimeoutMs` of the options), then the workers. */
  async close(): Promise<void> {
    this.#stopping = true
    for (const restart of this.#restarts) clearTimeout(restart)
    const { drainTimeoutMs, storeLockTimeoutMs } = this.#init.options
    const hung = setTimeout(
      () => {
        for (const worker of this.#workers.keys()) worker.kill('SIGKILL')
      },
      drainTimeoutMs + storeLockTimeoutMs + END_MS,
    )
    const exits = [...this.#workers.keys()].map(worker => new Promise<void>(resolve => worker.once('exit', () => resolve())))
    this.#tell({ type: 'drain' })
    await Promise.all(exits)
    clearTimeout(hung)
  }

  /** End every session now. To be followed by `close`. */
  cut(): void {
    this.#tell({ type: 'cut' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    return this.close()
  }

  #tell(message: ToWorker): void {
    for (const worker of this.#workers.keys()) if (worker.connected) worker.send(message)
  }

  #launch(reusePort: boolean): Promise<Address> {
    const { options, certificate, ca, micCas = [], lscCas = [], worker: own } = this.#init
    const listen = formatAddress(this.#address)
    const worker = fork(own?.program ?? WORKER_PROGRAM, {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: childArguments(),
      env: { ...MALLOC, ...process.env },
    })
    this.#workers.set(worker, undefined)
    return new Promise((resolve, reject) => {
      let listening = false
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'report') this.#workers.set(worker, message.report)
        else if (message.type === 'failed') reject(this.#failure(message))
        else {
          listening = true
          resolve({ host: message.host, port: message.port })
        }
      })
      worker.on('error', error => {
        // Its channel broke because it ends: then `exit` follows. It does not for a process that could not be made.
        if (worker.pid === undefined) this.#forget(worker)
        reject(error)
      })
      worker.once('exit', code => {
        this.#forget(worker)
        const lost = new ServerError('SERVER_WORKER_FAILED', `worker ${worker.pid}, exit code ${code}`)
        if (!listening) reject(lost)
        else if (!this.#stopping) this.#replace(lost, reusePort)
      })
      worker.send({
        type: 'start',
        options: { ...options, listen },
        certificate: pemPair(certificate),
        ca: ca && pemPair(ca),
        micCas,
        lscCas,
        reusePort,
        wiring: own?.wiring,
      } satisfies ToWorker)
    })
  }

  #failure({ code, where, message }: FromWorker & { type: 'failed' }): Error {
    if (code === undefined) return new Error(message)
    // The cause stayed in the worker; its sentence is in the message already.
    const error = isListenCode(code) ? new ListenError(code, where) : new ServerError(code, where)
    error.message = message
    return error
  }

  #forget(worker: ChildProcess): void {
    const report = this.#workers.get(worker)
    this.#workers.delete(worker)
    if (!report) return
    add(this.#pastCounts.sessions, report.counts.sessions)
    add(this.#pastCounts.rejected, report.counts.rejected)
    this.#pastCpuMs += report.cpuMs
  }

  #replace(lost: ServerError, reusePort: boolean): void {
    this.#init.onWorkerLost?.(lost)
    const restart = setTimeout(() => {
      this.#restarts.delete(restart)
      this.#launch(reusePort).catch(error => {
        if (!this.#stopping) this.#replace(error, reusePort)
      })
    }, RESTART_MS)
    this.#restarts.add(restart)
  }
}
