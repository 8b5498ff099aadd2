import type { KeyObject } from 'node:crypto'
import { REASON } from '@capfkit/codec/capf'
import {
  type BootOptions,
  type BootResult,
  bootOptions,
  type Credential,
  newSharedFiles,
  Phone,
  type PhoneOptions,
  phoneOptions,
  type SessionResult,
} from '@capfkit/phone'
import { CertificateIssuer, micSubject } from '@capfkit/pki'
import { type BootTarget, countedBoot, doesBoot, shareOf } from './boot.ts'
import { credentialFrom } from './credential-file.ts'
import { authStringOf, type Identities, identitiesOf, MIC_KEY, needsMic, type PhoneIdentity } from './identity.ts'
import type { KeySource } from './key-source.ts'
import type { FleetOptions } from './options.ts'
import { randomOf } from './random.ts'
import { UNREACHABLE_AFTER } from './reachability.ts'
import type { PartRecorder } from './recording/part-recorder.ts'
import { parseRounds, type Round, takesPart } from './rounds.ts'
import { runSchedule, type Start } from './schedule.ts'
import { type Counted, Tally } from './tally.ts'

export type EngineInit = {
  options: FleetOptions
  /** This process has the phones `first`, `first + step`, … */
  first: number
  step: number
  target: { host: string; port: number }
  /** DER of the CAPF certificates that the phones trust. */
  trusted: readonly Buffer[]
  /** Where those that boot in full find their files. */
  bootTarget?: BootTarget | undefined
  /** Signs the MICs of the phones. */
  micCa: { certificateDer: Buffer; privateKey: KeyObject }
  keys: KeySource
  /** The fleet orders the operations itself, so it knows what must come. */
  ordered: boolean
  /** Where each operation that has ended is kept, and the bytes of its session until then. */
  recorder?: PartRecorder | undefined
  /** Told when enough sessions have ended to see whether anything answers at all. */
  onFirstEnded?: () => void
}

/** A start that is later than this was not kept by the generator, ms. */
export const LATE_MS = 50
/** How long running sessions may go on after a stop, ms. */
export const GRACE_MS = 5_000
/** MICs that are signed at once. */
const PARALLEL = 8

const OPERATION_OF = { install: 'install', delete: 'delete', fetch: 'troubleshoot', none: 'none', unknown: 'unknown' } as const

const countedSession = ({ phasesMs, failure }: SessionResult): Pick<Counted, 'phasesMs' | 'failure'> => ({
  phasesMs,
  failure: failure && { side: failure.side, phase: failure.phase, reason: failure.code, detail: failure.detail },
})

/** The phones of one process: made once, run round after round. */
export class FleetEngine {
  tally = new Tally()
  readonly #init: EngineInit
  readonly #identities: Identities
  readonly #rounds: readonly Round[]
  readonly #phoneOptions: PhoneOptions
  readonly #bootOptions: BootOptions
  readonly #bootShare: number
  /** Trust lists and configurations are read once for all phones. */
  readonly #sharedFiles = newSharedFiles()
  readonly #micIssuer: CertificateIssuer
  readonly #phones = new Map<number, Phone>()
  /** Phones by index whose authentication string is drawn anew for each round. */
  readonly #drawsString = new Set<number>()
  readonly #running = new Set<AbortController>()
  readonly #stop = new AbortController()
  #ended = 0

  constructor(init: EngineInit) {
    const { options } = init
    this.#init = init
    this.#identities = identitiesOf(options)
    this.#rounds = parseRounds(options.rounds)
    this.#phoneOptions = phoneOptions({
      retries: options.retries,
      retryIntervalMs: options.retryIntervalMs,
      replyTimeoutMs: options.replyTimeoutMs,
      keyGenerationDelayMs: options.keyGenerationDelayMs,
      maxTlsVersion: options.maxTlsVersion as PhoneOptions['maxTlsVersion'],
      legacyTls: options.legacyTls,
      signRequests: options.signRequests,
    })
    this.#bootShare = shareOf(options.boot)
    const { httpPort, httpsPort, tftpPort, furtherFiles } = options
    this.#bootOptions = bootOptions({ httpPort, httpsPort, tftpPort, furtherFiles, ...init.bootTarget?.options })
    this.#micIssuer = CertificateIssuer.create({ ...init.micCa, profile: 'mic', now: () => new Date() })
  }

  get inFlight(): number {
    return this.#running.size
  }

  /** Make the phones with their keys and MICs, before the clock runs. */
  async prepare(onProgress: (made: number) => void = () => {}): Promise<void> {
    const { first, step } = this.#init
    let next = first
    const work = async () => {
      while (next < this.#identities.count && !this.#stop.signal.aborted) {
        const index = next
        next += step
        this.#phones.set(index, await this.#makePhone(index))
        onProgress(this.#phones.size)
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, work))
  }

  async #makePhone(index: number): Promise<Phone> {
    const { options, trusted, keys, recorder } = this.#init
    const identity = this.#identities.at(index)
    const { deviceName, model, authMode, authString } = identity
    if (authMode === 'string' && authString === undefined) this.#drawsString.add(index)
    const mic = await this.#mic(identity)
    const lsc = identity.lscFile ? credentialFrom(identity.lscFile) : undefined
    return new Phone({
      deviceName,
      model,
      authMode,
      trusted,
      ...(authString === undefined ? {} : { authString }),
      ...(mic ? { mic } : {}),
      ...(lsc ? { lsc } : {}),
      sudi: options.sudi,
      makeKey: spec => keys.take(spec),
      random: randomOf({ seed: options.seed, index, purpose: 'keyTime' }),
      options: this.#phoneOptions,
      ...(recorder ? { onBytes: recorder.tapeFor(index).hear } : {}),
    })
  }

  async #mic(identity: PhoneIdentity): Promise<Credential | undefined> {
    const { micFile, model, deviceName } = identity
    if (micFile) return credentialFrom(micFile)
    if (!needsMic(identity)) return undefined
    const pair = await this.#init.keys.take(MIC_KEY)
    const subject = micSubject({ deviceName, model })
    const { certificateDer } = await this.#micIssuer.issue({ subject, publicKeyDer: pair.publicKeyDer })
    return {
      certificateDer,
      get privateKey() {
        return pair.privateKey
      },
    }
  }

  /** One round: every phone of ours that takes part, by the schedule of the whole fleet. */
  async runRound(number: number, startMs: number): Promise<void> {
    const { options, step, first } = this.#init
    const share = Math.floor(options.concurrency / step) + (first < options.concurrency % step ? 1 : 0)
    this.#init.recorder?.round(number, startMs)
    await runSchedule({
      starts: this.#starts(number, startMs),
      concurrency: options.rate === 0 ? share : undefined,
      run: start => this.#run(start, number),
      signal: this.#stop.signal,
    })
  }

  /** Due times follow the order of the whole fleet, of which this process starts its part. */
  *#starts(number: number, startMs: number): Iterable<Start<number>> {
    const { options, first, step } = this.#init
    const round = this.#rounds[number]!
    let position = 0
    for (let index = 0; index < this.#identities.count; index++) {
      if (!takesPart({ seed: options.seed, index, round: number }, round)) continue
      const dueMs = options.rate === 0 ? 0 : startMs + (position * 1000) / options.rate
      position++
      if (index % step === first) yield { item: index, dueMs }
    }
  }

  async #run({ item: index, dueMs }: Start<number>, number: number): Promise<void> {
    const { options, target, bootTarget, recorder } = this.#init
    const phone = this.#phones.get(index)!
    if (this.#drawsString.has(index)) phone.configure({ authString: authStringOf({ seed: options.seed, index, round: number }) })
    const controller = new AbortController()
    this.#running.add(controller)
    this.tally.started++
    const startedMs = performance.now()
    if (startedMs - dueMs > LATE_MS) this.tally.lateStarts++
    const { signal } = controller
    const boots = bootTarget && doesBoot({ seed: options.seed, index, share: this.#bootShare })
    const ended = boots
      ? { boot: await phone.boot({ server: bootTarget.host, options: this.#bootOptions, shared: this.#sharedFiles, signal }) }
      : {
          session: await (options.retries > 0
            ? phone.contactCapf({ servers: [target], signal })
            : phone.runSession({ ...target, signal })),
        }
    const endedMs = performance.now()
    this.#running.delete(controller)
    const counted = this.#counted(ended, {
      // A timer may fire within its millisecond too early.
      scheduledMs: endedMs - Math.min(dueMs, startedMs),
      actualMs: endedMs - startedMs,
      number,
    })
    this.tally.record(counted)
    recorder?.operation({ index, deviceName: phone.deviceName, round: number, startedMs, counted })
    if (++this.#ended === UNREACHABLE_AFTER) this.#init.onFirstEnded?.()
  }

  #counted(
    { session, boot }: { session?: SessionResult; boot?: BootResult },
    { scheduledMs, actualMs, number }: { scheduledMs: number; actualMs: number; number: number },
  ): Counted {
    // A phone whose configuration gives it no reason to contact CAPF does nothing there.
    const result = session ?? boot?.capf
    const operation = OPERATION_OF[result?.operation ?? 'none']
    const { phasesMs, failure } = boot ? countedBoot(boot) : countedSession(session!)
    const counted = { scheduledMs, actualMs, phasesMs, operation }
    // A phone that truthfully shows nothing has done what was ordered, and the server says so.
    if (failure?.reason === 'PHONE_NOTHING_TO_FETCH' && result?.reason === REASON.NO_ACTION)
      return { ...counted, failure: undefined }
    if (failure) return { ...counted, failure }
    const expected = this.#rounds[number]!.operation
    const surprise = this.#init.ordered && operation !== expected
    return {
      ...counted,
      failure: surprise ? { side: 'server', phase: 'auth', reason: `ORDERED_${expected}_GOT_${operation}` } : undefined,
    }
  }

  /** Start nothing more; what runs may end within this time. */
  stop(graceMs: number = GRACE_MS): void {
    this.#stop.abort()
    setTimeout(() => {
      for (const controller of this.#running) controller.abort()
    }, graceMs).unref()
  }
}
