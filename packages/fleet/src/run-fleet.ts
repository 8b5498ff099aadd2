import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseOptions } from '@capfkit/codec/options'
import { generateKeyPool, openKeyPool, privateKeyPem } from '@capfkit/pki'
import { type DeviceStore, openDeviceStore, parseAddress } from '@capfkit/server'
import { Clients } from './clients.ts'
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts'
import { FleetError } from './errors.ts'
import { identitiesOf } from './identity.ts'
import { FLEET_OPTIONS, type FleetOptions } from './options.ts'
import { orderRound } from './orders.ts'
import { type FleetProgress, type RoundPlace, RoundWatch } from './progress.ts'
import { countParticipants, parseRounds } from './rounds.ts'
import { manufacturingCa, trustedCertificates, writeRunFiles, writeSummary } from './run-files.ts'
import { type FleetSummary, type RoundSummary, summarize } from './summary.ts'

export type RunFleetInit = {
  /** Values of {@link FLEET_OPTIONS}. */
  options: Partial<FleetOptions>
  /** Stops the run: nothing more starts, what runs may end. */
  signal?: AbortSignal
  onProgress?: (progress: FleetProgress) => void
}

const PROGRESS_MS = 500
const POOL_KEY = { type: 'rsa', bits: 2048 } as const

/** A run with all that it holds, torn down in reverse order. */
class Run {
  readonly #options: FleetOptions
  readonly #init: RunFleetInit
  readonly #clients: Clients
  readonly #stack: AsyncDisposableStack
  #stopped = false
  #gaveUp = false

  constructor(init: RunFleetInit, { options, stack }: { options: FleetOptions; stack: AsyncDisposableStack }) {
    this.#init = init
    this.#options = options
    this.#stack = stack
    this.#clients = new Clients()
  }

  async run(): Promise<FleetSummary> {
    const { count } = identitiesOf(this.#options)
    const rounds = parseRounds(this.#options.rounds)
    const { embedded, server, out } = this.#options
    if (!embedded && server === undefined) throw new FleetError('FLEET_NO_SERVER', 'fleet run')
    const folder = await mkdtemp(join(tmpdir(), 'capf-fleet-'))
    this.#stack.defer(() => rm(folder, { recursive: true, force: true }))
    const micCa = await manufacturingCa(this.#options.micCa)
    const keyPool = await this.#keyPool(folder, count * rounds.length)
    this.#progress({ stage: 'server' })
    const own = embedded ? this.#stack.use(await startEmbeddedServer({ options: this.#options, folder, micCa })) : undefined
    const target = own?.address ?? parseAddress(server!)
    const trusted = own ? [own.certificateDer] : trustedCertificates(this.#options.capfCertificate)
    if (out !== undefined) await writeRunFiles({ out, micCa, trusted })
    const store = this.#store(own)
    if (store) await orderRound(store, { options: this.#options, round: 0 })
    await this.#makePhones(count, {
      options: this.#options,
      target,
      trusted,
      micCa: { certificateDer: micCa.certificateDer, keyPem: privateKeyPem(micCa.privateKey) },
      keyPoolFile: keyPool?.file,
      ordered: store !== undefined,
    })
    const done: RoundSummary[] = []
    for (const [number, round] of rounds.entries()) {
      if (this.#stopped) break
      if (store && number > 0) await orderRound(store, { options: this.#options, round: number })
      const total = countParticipants({ seed: this.#options.seed, round: number, count }, round)
      done.push(await this.#runRound({ number, of: rounds.length, operation: round.operation }, { own, total }))
    }
    const report = await own?.report()
    const summary = summarize({
      options: this.#options,
      phones: count,
      tally: this.#clients.tally,
      rounds: done,
      health: this.#clients.health,
      poolSize: keyPool?.count ?? 0,
      loopback: /^(127\.|::1$|localhost$)/.test(target.host),
      stopped: this.#stopped && !this.#gaveUp,
      server: report && { processes: report.workers, memoryBytes: report.memoryBytes },
    })
    if (out !== undefined) await writeSummary(out, summary)
    return summary
  }

  #progress(progress: FleetProgress): void {
    this.#init.onProgress?.(progress)
  }

  #store(own: EmbeddedServer | undefined): DeviceStore | undefined {
    const url = own?.storeUrl ?? this.#options.store
    return url === undefined ? undefined : this.#stack.use(openDeviceStore(url))
  }

  /** RSA keys ahead of time, so that the run measures the server and not key generation. */
  async #keyPool(folder: string, need: number): Promise<{ file: string; count: number } | undefined> {
    const { realKeygen, keyPool, poolKeys } = this.#options
    if (realKeygen) return undefined
    if (keyPool !== undefined) {
      await using pool = await openKeyPool(keyPool)
      return { file: keyPool, count: pool.count }
    }
    const file = join(folder, 'keys.pool')
    const count = Math.min(poolKeys, need)
    const { signal } = this.#init
    await generateKeyPool({
      file,
      spec: POOL_KEY,
      count,
      ...(signal ? { signal } : {}),
      onProgress: (done, total) => this.#progress({ stage: 'keys', done, total }),
    })
    return { file, count }
  }

  async #makePhones(total: number, init: Parameters<Clients['start']>[0]): Promise<void> {
    const { processes, embedded } = this.#options
    const cores = availableParallelism()
    const count = Math.min(total, processes || Math.max(1, embedded ? cores - embeddedProcesses(this.#options) : cores))
    this.#stack.use(this.#clients)
    this.#init.signal?.addEventListener('abort', () => this.#stop(), { once: true })
    if (this.#init.signal?.aborted) this.#stop()
    const show = setInterval(() => this.#progress({ stage: 'phones', done: this.#clients.made, total }), PROGRESS_MS)
    try {
      await this.#clients.start(init, count)
    } finally {
      clearInterval(show)
    }
  }

  #stop(): void {
    this.#stopped = true
    this.#clients.stop()
  }

  async #runRound(round: RoundPlace, { own, total }: { own: EmbeddedServer | undefined; total: number }): Promise<RoundSummary> {
    const before = this.#clients.tally
    const cpuBefore = { generator: this.#generatorCpuMs, server: (await own?.report())?.cpuMs ?? 0 }
    const watch = new RoundWatch(round, { total, live: this.#clients.live })
    const startedMs = performance.now()
    const show = () => {
      const { progress, unreachable } = watch.look(this.#clients.live)
      this.#progress(progress)
      if (!unreachable || this.#stopped) return
      this.#gaveUp = true
      this.#stop()
    }
    const timer = setInterval(show, PROGRESS_MS)
    try {
      await this.#clients.runRound(round.number)
      show()
    } finally {
      clearInterval(timer)
    }
    const seconds = Math.round(performance.now() - startedMs) / 1000
    const { done, failed } = this.#clients.tally
    const report = await own?.report()
    return {
      operation: round.operation,
      done: done - before.done,
      failed: failed - before.failed,
      seconds,
      generatorCpuMs: this.#generatorCpuMs - cpuBefore.generator,
      ...(report ? { serverCpuMs: report.cpuMs - cpuBefore.server } : {}),
    }
  }

  get #generatorCpuMs(): number {
    return this.#clients.health.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  }
}

/** Half of the cores are the server's, unless it was said otherwise. */
const embeddedProcesses = ({ serverWorkers }: FleetOptions): number =>
  serverWorkers || Math.max(1, Math.floor(availableParallelism() / 2))

/**
 * Run a fleet of simulated phones against a CAPF server and add up what happened.
 *
 * @throws OptionError, {@link FleetError}, or the error of pki or server, for what stops the run from taking place at all.
 *   Whatever phones and server do to each other is in the summary.
 */
export const runFleet = async (init: RunFleetInit): Promise<FleetSummary> => {
  const options = parseOptions(FLEET_OPTIONS, init.options)
  await using stack = new AsyncDisposableStack()
  return await new Run(init, { options: { ...options, serverWorkers: embeddedProcesses(options) }, stack }).run()
}
