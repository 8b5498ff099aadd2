import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunRecord } from '@capfkit/codec/run'
import { formatAddress, parseAddress } from '@capfkit/listen'
import { privateKeyPem } from '@capfkit/pki'
import { type DeviceStore, openDeviceStore } from '@capfkit/server'
import { checkFleetOptions } from './check-options.ts'
import { Clients, type ClientsInit } from './clients.ts'
import { FleetControl } from './control.ts'
import { withPhonesFile } from './data/phones-file.ts'
import { startEmbeddedCluster } from './embedded-cluster.ts'
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts'
import { FleetError } from './errors.ts'
import { FleetFile } from './fleet-file/fleet-file.ts'
import { type Identities, identitiesOf } from './identity.ts'
import { isLoopback } from './loopback.ts'
import type { FLEET_OPTIONS, FleetOptions } from './options.ts'
import { orderPhase } from './orders.ts'
import type { PhoneRunner, PhonesOfRun } from './phone-runner.ts'
import { planOf } from './plan/from-options.ts'
import type { Plan, PlanPhase } from './plan/plan.ts'
import type { PhaseStanding } from './plan/remainder.ts'
import { countStarts, phaseMs } from './plan/sequence.ts'
import { clientProcesses, serverProcesses } from './processes.ts'
import { type FleetProgress, PhaseWatch } from './progress.ts'
import type { EndedLately } from './recording/recent-ends.ts'
import { runHeader } from './recording/run-header.ts'
import { type Recording, RunRecording } from './recording/run-recording.ts'
import { sumOfRounds } from './report/round-sums.ts'
import { capfCertificateOf, manufacturingCaOf } from './resume/authorities.ts'
import { goOn } from './resume/go-on.ts'
import { fleetFileOf, openRunFolder } from './resume/run-folder.ts'
import { lockFleet } from './resume/run-lock.ts'
import type { RunStanding } from './resume/run-standing.ts'
import { type ManufacturingCa, trustedCertificates, writeRunFiles, writeSummary } from './run-files.ts'
import { runKeys } from './run-keys.ts'
import { checkSourceAddresses, parseSourceAddresses } from './source-addresses.ts'
import { type FleetSummary, type RoundSummary, summarize } from './summary.ts'
import { Tally } from './tally.ts'
import { newTemporaryFolder } from './temporary-folder.ts'
import { formatThreshold, parseThreshold, type Threshold } from './thresholds/threshold.ts'
import { ThresholdWatch } from './thresholds/watch.ts'

/** Where a run is that others than processes of this machine carry out. */
export type RunElsewhere = {
  runner(hooks: ClientsInit): PhoneRunner
  /** Everything of this phase is ordered. */
  ordered(phase: number): Promise<void>
  record(header: RunRecord<'Header'>): Recording
  /** The phones have there what they have by this file. */
  givePhones(file: FleetFile, identities: Identities): Promise<void>
  /** The file has what they have there. */
  takePhones(file: FleetFile): Promise<void>
}

export type RunFleetInit = {
  /** Values of {@link FLEET_OPTIONS}. */
  options: Partial<FleetOptions>
  /** What only a plan file can say; without it the options make the phases. */
  plan?: Partial<Omit<Plan, 'options'>>
  /** How far the run had come in an earlier process: it goes on from there. `resumeFleet` finds that out. */
  standing?: RunStanding
  /** Without it the phones run here. */
  elsewhere?: RunElsewhere
  /** Steers the run while it runs. */
  control?: FleetControl
  /** Stops the run: nothing more starts, what runs may end. */
  signal?: AbortSignal
  onProgress?: (progress: FleetProgress) => void
  /** Hears of single operations once a second: of each process the newest that ended, and the newest that failed. */
  onEnded?: (ended: EndedLately) => void
}

const PROGRESS_MS = 1_000
const MAKING_PROGRESS_MS = 500

/** A phase with what is known of it before it begins. */
type PlannedPhase = PlanPhase & { number: number; total: number | undefined }

/** A run with all that it holds, torn down in reverse order. */
class Run {
  readonly #plan: Plan
  readonly #options: FleetOptions
  readonly #init: RunFleetInit
  readonly #clients: PhoneRunner
  readonly #control: FleetControl
  /** Ends waits of the run when it is to end. */
  readonly #ending = new AbortController()
  #watch: PhaseWatch | undefined
  readonly #thresholds: ThresholdWatch
  readonly #stack: AsyncDisposableStack
  #stopped = false
  #gaveUp = false
  #broken: Threshold | undefined
  /** When the first phase began, on the clock of `performance.now()`. */
  #beganMs: number | undefined
  #recordingFailure: string | undefined

  constructor(init: RunFleetInit, { plan, stack }: { plan: Plan; stack: AsyncDisposableStack }) {
    this.#init = init
    this.#plan = plan
    this.#options = plan.options
    this.#stack = stack
    this.#control = init.control ?? new FleetControl()
    this.#thresholds = new ThresholdWatch(plan.options.threshold.map(parseThreshold), threshold => this.#break(threshold))
    const hooks: ClientsInit = {
      onProgress: since => {
        this.#thresholds.hear(since)
        this.#giveUpIfHopeless()
      },
      onRecordingFailed: sentence => this.#recordingFailed(sentence),
      onEnded: init.onEnded,
    }
    this.#clients = init.elsewhere?.runner(hooks) ?? new Clients(hooks)
    const { signal } = init
    const stop = () => this.#stop()
    signal?.addEventListener('abort', stop, { once: true })
    stack.defer(() => signal?.removeEventListener('abort', stop))
    if (signal?.aborted) stop()
    stack.defer(this.#control.onChange(() => this.#obey()))
    this.#obey()
  }

  async run(): Promise<FleetSummary> {
    const identities = identitiesOf(this.#options)
    const { count } = identities
    const { signal, standing: past, elsewhere } = this.#init
    const { embedded, server, capfCertificate, out } = this.#options
    const plan = this.#plan
    const phases = plan.phases.map((phase, number) => ({ ...phase, number, total: countStarts({ plan, number, identities }) }))
    if (!embedded && server === undefined) throw new FleetError('FLEET_NO_SERVER', 'fleet run')
    await checkSourceAddresses(parseSourceAddresses(this.#options.sourceAddresses))
    if (out !== undefined) this.#stack.use(await openRunFolder(out, { plan, isNew: past === undefined || elsewhere !== undefined }))
    const fleetFile = await this.#openFleetFile()
    // What a run needs to go on stands with its recording.
    const folder = out ?? this.#stack.use(await newTemporaryFolder()).path
    const micCa = await manufacturingCaOf(fleetFile, this.#options.micCa)
    const told = embedded ? [] : trustedCertificates(capfCertificate)
    const keyPool = elsewhere
      ? undefined
      : await runKeys({
          options: this.#options,
          folder,
          need: phases.reduce((sum, { total = count }) => sum + total, 0),
          signal,
          onProgress: (done, total) => this.#progress({ stage: 'keys', done, total }),
        })
    signal?.throwIfAborted()
    if (embedded) this.#progress({ stage: 'server' })
    const own = embedded ? this.#stack.use(await this.#startServer({ folder, micCa, fleetFile })) : undefined
    const target = own?.address ?? parseAddress(server!)
    const trusted = own ? [own.certificateDer] : told
    if (out !== undefined) await writeRunFiles({ out, micCa, trusted })
    const processes = clientProcesses(plan, { cores: availableParallelism(), phones: count })
    const header = runHeader({
      options: this.#options,
      target,
      phones: count,
      processes,
      phases,
      generation: past?.generation ?? 0,
    })
    const recording =
      elsewhere?.record(header) ?? (out === undefined ? undefined : this.#stack.use(await this.#record(out, header)))
    const store = this.#store(own)
    const { boot, bootServer } = this.#options
    const cluster =
      own && store && boot !== '0%'
        ? this.#stack.use(await startEmbeddedCluster({ options: this.#options, capf: own, store }))
        : undefined
    const order = async (number: number) => {
      if (!store) return
      await orderPhase(store, { plan, number, signal: this.#ending.signal })
      if (this.#stopped) return
      await recording?.ordered(number)
      await elsewhere?.ordered(number)
    }
    const first = past?.phase ?? 0
    const goesOn = past
      ? await goOn(past, { plan, identities, store: elsewhere ? undefined : store, fleetFile, recording })
      : undefined
    if (fleetFile && !past) await elsewhere?.givePhones(fleetFile, identities)
    if (!past?.ordered) await order(first)
    const init = {
      plan,
      target,
      trusted,
      bootTarget: cluster?.bootTarget ?? (bootServer === undefined ? undefined : { host: bootServer, options: {} }),
      micCa: { certificateDer: micCa.certificateDer, keyPem: privateKeyPem(micCa.privateKey) },
      keyPoolFile: keyPool?.file,
      ordered: store !== undefined,
      // Where devices come again, each process orders for its own.
      storeUrl: phases.some(({ devices }) => devices === 'again') ? this.#storeUrl(own) : undefined,
      recording: recording?.part,
      fleetFile: elsewhere ? undefined : fleetFileOf(this.#options),
      isWatched: this.#init.onEnded !== undefined,
    }
    this.#progress({
      stage: 'ready',
      run: {
        target: formatAddress(target),
        seed: this.#options.seed,
        phones: count,
        phases: phases.map(({ name, total }) => ({ name, total })),
      },
    })
    await this.#makePhones(count, { processes, init })
    signal?.throwIfAborted()
    const done: RoundSummary[] = [...(goesOn?.rounds ?? [])]
    for (const phase of phases.slice(first)) {
      if (this.#stopped) break
      const standing = phase.number === first ? goesOn?.standing : undefined
      if (phase.number > first) await order(phase.number)
      if (phase.afterMs > 0 && !standing) await delay(phase.afterMs, undefined, { signal: this.#ending.signal }).catch(() => {})
      const round = await this.#runPhase(phase, { own, standing })
      const before = done[phase.number]
      done[phase.number] = before ? sumOfRounds(before, round) : round
      await recording?.roundEnd(phase.number, round)
    }
    if (fleetFile) await elsewhere?.takePhones(fleetFile)
    const report = await own?.report()
    const tally = goesOn ? Tally.sum([goesOn.tally, this.#clients.tally]) : this.#clients.tally
    const started = tally.ended + tally.skipped
    const summary = summarize({
      options: this.#options,
      phones: count,
      // What a phase by time has had was all that it was to have.
      planned: phases.some(({ total }) => total === undefined) ? started : phases.reduce((sum, { total }) => sum + total!, 0),
      target,
      tally,
      rounds: done,
      health: this.#clients.health,
      pastKeys: past?.keys,
      poolSize: keyPool?.count ?? (elsewhere ? this.#options.poolKeys : 0),
      isLoopback: isLoopback(target.host),
      sourceAddresses: parseSourceAddresses(this.#options.sourceAddresses).count,
      isScheduled: phases.some(({ arrivals }) => arrivals.kind === 'rate'),
      stopped: this.#stopped && !this.#gaveUp && !this.#broken && this.#recordingFailure === undefined,
      thresholds: this.#thresholds.results({ tally, seconds: done.reduce((sum, { seconds }) => sum + seconds, 0) }),
      broken: this.#broken && formatThreshold(this.#broken),
      recordingFailure: this.#recordingFailure,
      server: report && { processes: report.workers, memoryBytes: report.memoryBytes },
    })
    return recording ? await this.#keep(summary, recording) : summary
  }

  async #openFleetFile(): Promise<FleetFile | undefined> {
    const file = fleetFileOf(this.#options)
    if (file === undefined) return undefined
    this.#stack.use(lockFleet(file))
    const fleetFile = this.#stack.use(new FleetFile({ file, onFailure: ({ message }) => this.#recordingFailed(message) }))
    fleetFile.recoverKeys()
    await fleetFile.forgetKeys()
    return fleetFile
  }

  async #startServer(init: { folder: string; micCa: ManufacturingCa; fleetFile: FleetFile | undefined }): Promise<EmbeddedServer> {
    const certificate = await capfCertificateOf(init.fleetFile)
    return startEmbeddedServer({ ...init, options: this.#options, certificate })
  }

  #record(folder: string, header: RunRecord<'Header'>): Promise<RunRecording> {
    return RunRecording.begin({ folder, header, onFailure: ({ message }) => this.#recordingFailed(message) })
  }

  #recordingFailed(sentence: string): void {
    this.#recordingFailure ??= sentence
    this.#stop()
  }

  /** Leave the summary with the recording. What cannot be written is told in the summary that is returned. */
  async #keep(summary: FleetSummary, recording: Recording): Promise<FleetSummary> {
    const { out } = this.#options
    await recording.end(summary).catch(({ message }: Error) => this.#recordingFailed(message))
    if (out !== undefined) await writeSummary(out, summary).catch(({ message }: FleetError) => this.#recordingFailed(message))
    const failure = this.#recordingFailure
    if (failure === undefined || summary.because.includes(failure)) return summary
    return { ...summary, verdict: 'invalid', because: [...summary.because, failure] }
  }

  #progress(progress: FleetProgress): void {
    this.#init.onProgress?.(progress)
  }

  #storeUrl(own: EmbeddedServer | undefined): string | undefined {
    return own?.storeUrl ?? this.#options.store
  }

  #store(own: EmbeddedServer | undefined): DeviceStore | undefined {
    const url = this.#storeUrl(own)
    return url === undefined ? undefined : this.#stack.use(openDeviceStore(url))
  }

  async #makePhones(total: number, { processes, init }: { processes: number; init: PhonesOfRun }): Promise<void> {
    this.#stack.use(this.#clients)
    if (this.#stopped) return
    const show = setInterval(() => this.#progress({ stage: 'phones', done: this.#clients.made, total }), MAKING_PROGRESS_MS)
    try {
      await this.#clients.start(init, processes)
    } finally {
      clearInterval(show)
    }
  }

  #stop(graceMs?: number): void {
    this.#stopped = true
    this.#ending.abort()
    this.#clients.stop(graceMs)
  }

  /** Do what whoever steers the run wants by now. */
  #obey(): void {
    const { stopping, draining, factor, paused } = this.#control.state
    if (stopping) this.#stop()
    else if (draining) {
      this.#stopped = true
      this.#ending.abort()
      this.#clients.drain()
    } else this.#clients.setPace({ factor, paused })
  }

  #giveUpIfHopeless(): void {
    if (this.#stopped || !this.#watch?.isHopeless(this.#clients)) return
    this.#gaveUp = true
    this.#stop(0)
  }

  /** A threshold is missed, and the run ends because of it. */
  #break(threshold: Threshold): void {
    if (this.#stopped) return
    this.#broken = threshold
    this.#stop()
  }

  async #runPhase(
    phase: PlannedPhase,
    { own, standing }: { own: EmbeddedServer | undefined; standing: PhaseStanding | undefined },
  ): Promise<RoundSummary> {
    const { name, number } = phase
    const total = phase.total === undefined ? undefined : phase.total - (standing?.turns ?? 0)
    const before = this.#clients.tally
    const cpuBefore = { generator: this.#generatorCpuMs, server: (await own?.report())?.cpuMs ?? 0 }
    const startedMs = performance.now()
    const place = { number, of: this.#plan.phases.length, name }
    const { connectTimeoutMs } = this.#options
    const watch = new PhaseWatch({ phase: place, total, forMs: phaseMs(phase), before, startedMs, connectTimeoutMs })
    this.#watch = watch
    const elapsedMs = () => performance.now() - (this.#beganMs ?? startedMs)
    const show = () => {
      const thresholds = this.#thresholds.results({ tally: this.#clients.tally, seconds: elapsedMs() / 1000 })
      this.#progress({ ...watch.look(this.#clients, this.#control.state), thresholds })
    }
    this.#beganMs ??= startedMs
    this.#thresholds.beginPhase(elapsedMs())
    const everySecond = () => {
      this.#thresholds.look(elapsedMs())
      show()
    }
    const timer = setInterval(everySecond, PROGRESS_MS)
    let ran: { readonly seconds: number } | undefined
    try {
      show()
      ran = await this.#clients.runPhase(number, standing)
      show()
    } finally {
      clearInterval(timer)
      this.#thresholds.endPhase(elapsedMs())
    }
    const seconds = ran?.seconds ?? Math.round(performance.now() - startedMs) / 1000
    const { done, failed } = this.#clients.tally
    const report = await own?.report()
    return {
      operation: name,
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
  await using stack = new AsyncDisposableStack()
  const checked = await withPhonesFile(checkFleetOptions(init.options), stack)
  const options = { ...checked, serverWorkers: serverProcesses(checked, availableParallelism()) }
  return await new Run(init, { plan: { ...planOf(options), ...init.plan, options }, stack }).run()
}
