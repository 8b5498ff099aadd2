import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { formatAddress } from '@capfkit/listen'
import { privateKeyPem } from '@capfkit/pki'
import { checkFleetOptions } from './check-options.ts'
import { withPhonesFile } from './data/phones-file.ts'
import { orderPhase, patientOrders } from './orders.ts'
import type { PhonesOfRun } from './phone-runner.ts'
import { planOf } from './plan/from-options.ts'
import type { Plan } from './plan/plan.ts'
import { serverProcesses } from './processes.ts'
import type { FleetProgress } from './progress.ts'
import { sumOfRounds } from './report/round-sums.ts'
import { goOn } from './resume/go-on.ts'
import { fleetFileOf } from './resume/run-folder.ts'
import { keepSummary, summaryOfRun } from './run/finish-run.ts'
import { MeasuredPhases } from './run/measured-phases.ts'
import { prepareRun, type RunResources } from './run/prepare-run.ts'
import type { RunFleetInit } from './run/run-init.ts'
import { Steering } from './run/steering.ts'
import type { FleetSummary, RoundSummary } from './summary.ts'
import { Tally } from './tally.ts'

export type { RunElsewhere, RunFleetInit } from './run/run-init.ts'

const MAKING_PROGRESS_MS = 500

/** A run with all that it holds, torn down in reverse order. */
class Run {
  readonly #plan: Plan
  readonly #init: RunFleetInit
  readonly #steering: Steering
  readonly #stack: AsyncDisposableStack

  constructor(init: RunFleetInit, { plan, stack }: { plan: Plan; stack: AsyncDisposableStack }) {
    this.#init = init
    this.#plan = plan
    this.#stack = stack
    this.#steering = new Steering(init, { thresholds: plan.options.threshold, stack })
  }

  async run(): Promise<FleetSummary> {
    const { signal, standing: past, elsewhere } = this.#init
    const steering = this.#steering
    const plan = this.#plan
    const { options } = plan
    const onProgress = (progress: FleetProgress) => this.#init.onProgress?.(progress)
    const onRecordingFailed = (sentence: string) => steering.recordingFailed(sentence)
    const resources = await prepareRun(this.#init, { plan, stack: this.#stack, onRecordingFailed, onProgress })
    const { identities, phases, fleetFile, server, target, recording, store } = resources
    const first = past?.phase ?? 0
    const goesOn = past
      ? await goOn(past, { plan, identities, store: elsewhere ? undefined : store, fleetFile, recording })
      : undefined
    if (fleetFile && !past) await elsewhere?.givePhones(fleetFile, identities)
    if (!past?.ordered) await this.#order(first, resources)
    onProgress({
      stage: 'ready',
      run: {
        target: formatAddress(target),
        seed: options.seed,
        phones: identities.count,
        phases: phases.map(({ name, total }) => ({ name, total })),
      },
    })
    await this.#makePhones(resources, onProgress)
    signal?.throwIfAborted()
    const { connectTimeoutMs } = options
    const measured = new MeasuredPhases({ steering, of: phases.length, connectTimeoutMs, server, onProgress })
    const rounds: RoundSummary[] = [...(goesOn?.rounds ?? [])]
    for (const phase of phases.slice(first)) {
      if (steering.isStopped) break
      const standing = phase.number === first ? goesOn?.standing : undefined
      if (phase.number > first) await this.#order(phase.number, resources)
      if (phase.afterMs > 0 && !standing) await delay(phase.afterMs, undefined, { signal: steering.ending }).catch(() => {})
      const round = await measured.run(phase, standing)
      const before = rounds[phase.number]
      rounds[phase.number] = before ? sumOfRounds(before, round) : round
      await recording?.roundEnd(phase.number, round)
    }
    if (fleetFile) await elsewhere?.takePhones(fleetFile)
    const { tally: counted } = steering.clients
    const tally = goesOn ? Tally.sum([goesOn.tally, counted]) : counted
    const keysElsewhere = elsewhere ? options.poolKeys : 0
    const summary = await summaryOfRun({ options, resources, steering, tally, rounds, past, keysElsewhere })
    return recording ? await keepSummary(summary, { recording, out: options.out, steering }) : summary
  }

  async #order(number: number, { store, recording }: RunResources): Promise<void> {
    if (!store) return
    const { elsewhere } = this.#init
    const signal = this.#steering.ending
    await orderPhase(elsewhere ? patientOrders(store, work => elsewhere.whenBack(work)) : store, {
      plan: this.#plan,
      number,
      signal,
    })
    if (this.#steering.isStopped) return
    await recording?.ordered(number)
    await elsewhere?.ordered(number)
  }

  #phonesOf({ target, trusted, cluster, micCa, keyPool, store, storeUrl, phases, recording }: RunResources): PhonesOfRun {
    const plan = this.#plan
    const { bootServer } = plan.options
    return {
      plan,
      target,
      trusted,
      bootTarget: cluster?.bootTarget ?? (bootServer === undefined ? undefined : { host: bootServer, options: {} }),
      micCa: { certificateDer: micCa.certificateDer, keyPem: privateKeyPem(micCa.privateKey) },
      keyPoolFile: keyPool?.file,
      ordered: store !== undefined,
      // Where devices come again, each process orders for its own.
      storeUrl: phases.some(({ devices }) => devices === 'again') ? storeUrl : undefined,
      recording: recording?.part,
      fleetFile: this.#init.elsewhere ? undefined : fleetFileOf(plan.options),
      isWatched: this.#init.onEnded !== undefined,
    }
  }

  async #makePhones(resources: RunResources, onProgress: (progress: FleetProgress) => void): Promise<void> {
    const { clients, isStopped } = this.#steering
    this.#stack.use(clients)
    if (isStopped) return
    const total = resources.identities.count
    const show = setInterval(() => onProgress({ stage: 'phones', done: clients.made, total }), MAKING_PROGRESS_MS)
    try {
      await clients.start(this.#phonesOf(resources), resources.processes)
    } finally {
      clearInterval(show)
    }
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
