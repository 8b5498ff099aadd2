import { availableParallelism } from 'node:os'
import type { RunRecord } from '@capfkit/codec/run'
import { parseAddress } from '@capfkit/listen'
import { privateKeyPem } from '@capfkit/pki'
import { type DeviceStore, openDeviceStore } from '@capfkit/server'
import { checkFleetOptions } from './check-options.ts'
import { Clients } from './clients.ts'
import { startEmbeddedCluster } from './embedded-cluster.ts'
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts'
import { FleetError } from './errors.ts'
import { identitiesOf } from './identity.ts'
import { isLoopback } from './loopback.ts'
import type { FLEET_OPTIONS, FleetOptions } from './options.ts'
import { orderRound } from './orders.ts'
import { clientProcesses, serverProcesses } from './processes.ts'
import { type FleetProgress, type RoundPlace, RoundWatch } from './progress.ts'
import { runHeader } from './recording/run-header.ts'
import { RunRecording } from './recording/run-recording.ts'
import { countParticipants, parseRounds } from './rounds.ts'
import { manufacturingCa, trustedCertificates, writeRunFiles, writeSummary } from './run-files.ts'
import { runKeys } from './run-keys.ts'
import { type FleetSummary, type RoundSummary, summarize } from './summary.ts'
import { newTemporaryFolder } from './temporary-folder.ts'

export type RunFleetInit = {
  /** Values of {@link FLEET_OPTIONS}. */
  options: Partial<FleetOptions>
  /** Stops the run: nothing more starts, what runs may end. */
  signal?: AbortSignal
  onProgress?: (progress: FleetProgress) => void
}

const PROGRESS_MS = 500

/** A run with all that it holds, torn down in reverse order. */
class Run {
  readonly #options: FleetOptions
  readonly #init: RunFleetInit
  readonly #clients: Clients
  #watch: RoundWatch | undefined
  readonly #stack: AsyncDisposableStack
  #stopped = false
  #gaveUp = false
  #recordingFailure: string | undefined

  constructor(init: RunFleetInit, { options, stack }: { options: FleetOptions; stack: AsyncDisposableStack }) {
    this.#init = init
    this.#options = options
    this.#stack = stack
    this.#clients = new Clients({
      onProgress: () => this.#giveUpIfHopeless(),
      onRecordingFailed: sentence => this.#recordingFailed(sentence),
    })
    const { signal } = init
    const stop = () => this.#stop()
    signal?.addEventListener('abort', stop, { once: true })
    stack.defer(() => signal?.removeEventListener('abort', stop))
    if (signal?.aborted) stop()
  }

  async run(): Promise<FleetSummary> {
    const { count } = identitiesOf(this.#options)
    const { signal } = this.#init
    const { embedded, server, capfCertificate, out, seed } = this.#options
    const rounds = parseRounds(this.#options.rounds).map((round, number) => ({
      ...round,
      total: countParticipants({ seed, round: number, count }, round),
    }))
    if (!embedded && server === undefined) throw new FleetError('FLEET_NO_SERVER', 'fleet run')
    const { path: folder } = this.#stack.use(await newTemporaryFolder())
    const micCa = await manufacturingCa(this.#options.micCa)
    const told = embedded ? [] : trustedCertificates(capfCertificate)
    const keyPool = await runKeys({
      options: this.#options,
      folder,
      need: count * rounds.length,
      signal,
      onProgress: (done, total) => this.#progress({ stage: 'keys', done, total }),
    })
    signal?.throwIfAborted()
    if (embedded) this.#progress({ stage: 'server' })
    const own = embedded ? this.#stack.use(await startEmbeddedServer({ options: this.#options, folder, micCa })) : undefined
    const target = own?.address ?? parseAddress(server!)
    const trusted = own ? [own.certificateDer] : told
    if (out !== undefined) await writeRunFiles({ out, micCa, trusted })
    const processes = clientProcesses(this.#options, { cores: availableParallelism(), phones: count })
    const header = runHeader({ options: this.#options, target, phones: count, processes, rounds })
    const recording = out === undefined ? undefined : this.#stack.use(await this.#record(out, header))
    const store = this.#store(own)
    const { boot, bootServer } = this.#options
    const cluster =
      own && store && boot !== '0%'
        ? this.#stack.use(await startEmbeddedCluster({ options: this.#options, capf: own, store }))
        : undefined
    const order = async (round: number) => {
      if (store) await orderRound(store, { options: this.#options, round, signal })
    }
    await order(0)
    const init = {
      options: this.#options,
      target,
      trusted,
      bootTarget: cluster?.bootTarget ?? (bootServer === undefined ? undefined : { host: bootServer, options: {} }),
      micCa: { certificateDer: micCa.certificateDer, keyPem: privateKeyPem(micCa.privateKey) },
      keyPoolFile: keyPool?.file,
      ordered: store !== undefined,
      recording: recording?.part,
    }
    await this.#makePhones(count, { processes, init })
    signal?.throwIfAborted()
    const done: RoundSummary[] = []
    for (const [number, { operation, total }] of rounds.entries()) {
      if (this.#stopped) break
      if (number > 0) await order(number)
      const round = await this.#runRound({ number, of: rounds.length, operation }, { own, total })
      done.push(round)
      recording?.roundEnd(number, round)
    }
    const report = await own?.report()
    const summary = summarize({
      options: this.#options,
      phones: count,
      planned: rounds.reduce((sum, { total }) => sum + total, 0),
      target,
      tally: this.#clients.tally,
      rounds: done,
      health: this.#clients.health,
      poolSize: keyPool?.count ?? 0,
      isLoopback: isLoopback(target.host),
      stopped: this.#stopped && !this.#gaveUp && this.#recordingFailure === undefined,
      recordingFailure: this.#recordingFailure,
      server: report && { processes: report.workers, memoryBytes: report.memoryBytes },
    })
    return recording ? await this.#keep(summary, recording) : summary
  }

  #record(folder: string, header: RunRecord<'Header'>): Promise<RunRecording> {
    return RunRecording.begin({ folder, header, onFailure: ({ message }) => this.#recordingFailed(message) })
  }

  #recordingFailed(sentence: string): void {
    this.#recordingFailure ??= sentence
    this.#stop()
  }

  /** Leave the summary with the recording. What cannot be written is told in the summary that is returned. */
  async #keep(summary: FleetSummary, recording: RunRecording): Promise<FleetSummary> {
    await recording.end(summary)
    await writeSummary(recording.part.folder, summary).catch(({ message }: FleetError) => this.#recordingFailed(message))
    const failure = this.#recordingFailure
    if (failure === undefined || summary.because.includes(failure)) return summary
    return { ...summary, verdict: 'invalid', because: [...summary.because, failure] }
  }

  #progress(progress: FleetProgress): void {
    this.#init.onProgress?.(progress)
  }

  #store(own: EmbeddedServer | undefined): DeviceStore | undefined {
    const url = own?.storeUrl ?? this.#options.store
    return url === undefined ? undefined : this.#stack.use(openDeviceStore(url))
  }

  async #makePhones(
    total: number,
    { processes, init }: { processes: number; init: Parameters<Clients['start']>[0] },
  ): Promise<void> {
    this.#stack.use(this.#clients)
    if (this.#stopped) return
    const show = setInterval(() => this.#progress({ stage: 'phones', done: this.#clients.made, total }), PROGRESS_MS)
    try {
      await this.#clients.start(init, processes)
    } finally {
      clearInterval(show)
    }
  }

  #stop(): void {
    this.#stopped = true
    this.#clients.stop()
  }

  #giveUpIfHopeless(): void {
    if (this.#stopped || !this.#watch?.isHopeless(this.#clients.live)) return
    this.#gaveUp = true
    this.#stop()
  }

  async #runRound(round: RoundPlace, { own, total }: { own: EmbeddedServer | undefined; total: number }): Promise<RoundSummary> {
    const before = this.#clients.tally
    const cpuBefore = { generator: this.#generatorCpuMs, server: (await own?.report())?.cpuMs ?? 0 }
    const watch = new RoundWatch(round, { total, live: this.#clients.live })
    const startedMs = performance.now()
    this.#watch = watch
    const show = () => {
      this.#progress(watch.look(this.#clients.live))
      this.#giveUpIfHopeless()
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

/**
 * Run a fleet of simulated phones against a CAPF server and add up what happened.
 *
 * @throws OptionError, {@link FleetError}, or the error of pki or server, for what stops the run from taking place at all; the
 *   reason of the signal when it aborts before the first round. Whatever phones and server do to each other is in the summary.
 */
export const runFleet = async (init: RunFleetInit): Promise<FleetSummary> => {
  const options = checkFleetOptions(init.options)
  await using stack = new AsyncDisposableStack()
  return await new Run(init, {
    options: { ...options, serverWorkers: serverProcesses(options, availableParallelism()) },
    stack,
  }).run()
}
