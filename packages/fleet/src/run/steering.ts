import { Clients, type ClientsInit } from '../clients.ts'
import { FleetControl } from '../control.ts'
import type { PhoneRunner } from '../phone-runner.ts'
import type { PhaseWatch } from '../progress.ts'
import { formatThreshold, parseThreshold, type Threshold } from '../thresholds/threshold.ts'
import { ThresholdWatch } from '../thresholds/watch.ts'
import type { RunFleetInit } from './run-init.ts'

/**
 * The phones of a run, and everything that sets their pace or ends the run before its time: whoever steers it, its signal, its
 * thresholds, a recording that fails, a server that never answers.
 */
export class Steering {
  readonly clients: PhoneRunner
  readonly control: FleetControl
  readonly thresholds: ThresholdWatch
  /** Ends waits of the run when it is to end. */
  readonly #ending = new AbortController()
  #watch: PhaseWatch | undefined
  #stopped = false
  #gaveUp = false
  #broken: Threshold | undefined
  #recordingFailure: string | undefined

  /** @param options.stack  lets go of the signal and of whoever steers. */
  constructor(init: RunFleetInit, { thresholds, stack }: { thresholds: readonly string[]; stack: AsyncDisposableStack }) {
    const { signal } = init
    this.control = init.control ?? new FleetControl()
    this.thresholds = new ThresholdWatch(thresholds.map(parseThreshold), threshold => this.#break(threshold))
    const hooks: ClientsInit = {
      onProgress: since => {
        this.thresholds.hear(since)
        this.#giveUpIfHopeless()
      },
      onRecordingFailed: sentence => this.recordingFailed(sentence),
      onEnded: init.onEnded,
    }
    this.clients = init.elsewhere?.runner(hooks) ?? new Clients(hooks)
    const stop = () => this.#stop()
    signal?.addEventListener('abort', stop, { once: true })
    stack.defer(() => signal?.removeEventListener('abort', stop))
    if (signal?.aborted) stop()
    stack.defer(this.control.onChange(() => this.#obey()))
    this.#obey()
  }

  /** Nothing more is to begin. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** Aborts with that. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  /** Somebody stopped the run: it did not end for a reason of its own. */
  get wasStopped(): boolean {
    return this.#stopped && !this.#gaveUp && !this.#broken && this.#recordingFailure === undefined
  }

  /** The threshold that ended the run. */
  get broken(): string | undefined {
    return this.#broken && formatThreshold(this.#broken)
  }

  /** Why nothing more could be recorded. */
  get recordingFailure(): string | undefined {
    return this.#recordingFailure
  }

  recordingFailed(sentence: string): void {
    this.#recordingFailure ??= sentence
    this.#stop()
  }

  /** The phase that runs from now on. */
  follow(watch: PhaseWatch): void {
    this.#watch = watch
  }

  #stop(graceMs?: number): void {
    this.#stopped = true
    this.#ending.abort()
    this.clients.stop(graceMs)
  }

  /** Do what whoever steers the run wants by now. */
  #obey(): void {
    const { stopping, draining, factor, paused } = this.control.state
    if (stopping) this.#stop()
    else if (draining) {
      this.#stopped = true
      this.#ending.abort()
      this.clients.drain()
    } else this.clients.setPace({ factor, paused })
  }

  #giveUpIfHopeless(): void {
    if (this.#stopped || !this.#watch?.isHopeless(this.clients)) return
    this.#gaveUp = true
    this.#stop(0)
  }

  /** A threshold is missed, and the run ends because of it. */
  #break(threshold: Threshold): void {
    if (this.#stopped) return
    this.#broken = threshold
    this.#stop()
  }
}
