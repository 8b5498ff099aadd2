import type { KeyObject } from 'node:crypto'
import { type Credential, Phone, type PhoneInit, type PhoneOptions, phoneOptions } from '@capfkit/phone'
import { CertificateIssuer, micSubject } from '@capfkit/pki'
import { credentialFrom } from './credential-file.ts'
import { type Identities, MIC_KEY, needsMic, type PhoneIdentity } from './identity.ts'
import type { KeySource } from './key-source.ts'
import { drawMs } from './plan/draw-duration.ts'
import type { Plan } from './plan/plan.ts'
import { randomOf } from './random.ts'
import type { PartRecorder } from './recording/part-recorder.ts'

export type FleetPhonesInit = {
  plan: Plan
  identities: Identities
  /** This process has the phones `first`, `first + step`, … */
  first: number
  step: number
  /** DER of the CAPF certificates that the phones trust. */
  trusted: readonly Buffer[]
  /** Signs the MICs of the phones. */
  micCa: { certificateDer: Buffer; privateKey: KeyObject }
  keys: KeySource
  recorder?: PartRecorder | undefined
}

/** MICs that are signed at once. */
const PARALLEL = 8

/** Phones that come once are forgotten after it: what they became is of use to nobody, and there may be very many. */
const comeOnce = ({ phases }: Plan): boolean => phases.length === 1 && phases[0]!.devices === 'once'

/** The phones of one process: those with a MIC are made before the clock runs, the others when their turn comes. */
export class FleetPhones {
  readonly #init: FleetPhonesInit
  readonly #options: PhoneOptions
  readonly #micIssuer: CertificateIssuer
  readonly #phones = new Map<number, Phone>()
  readonly #forgets: boolean

  constructor(init: FleetPhonesInit) {
    const { plan, micCa } = init
    const { options } = plan
    this.#init = init
    this.#options = phoneOptions({
      retries: options.retries,
      retryIntervalMs: options.retryIntervalMs,
      replyTimeoutMs: options.replyTimeoutMs,
      keyGenerationDelayMs: options.keyGenerationDelayMs,
      maxTlsVersion: options.maxTlsVersion as PhoneOptions['maxTlsVersion'],
      legacyTls: options.legacyTls,
      signRequests: options.signRequests,
    })
    this.#micIssuer = CertificateIssuer.create({ ...micCa, profile: 'mic', now: () => new Date() })
    this.#forgets = comeOnce(plan)
  }

  /** Sign the MICs, which costs more than anything else in a phone. @param signal  leaves the rest undone. */
  async prepare({ onProgress, signal }: { onProgress: (looked: number) => void; signal: AbortSignal }): Promise<void> {
    const { identities, first, step } = this.#init
    let [next, looked] = [first, 0]
    const work = async () => {
      while (next < identities.count && !signal.aborted) {
        const index = next
        next += step
        const identity = identities.at(index)
        if (identity.micFile || identity.lscFile || needsMic(identity)) this.#phones.set(index, await this.#make(index, identity))
        onProgress(++looked)
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, work))
  }

  /** The phone with this index. @param identity  who it is. */
  async take(index: number, identity: PhoneIdentity): Promise<Phone> {
    const known = this.#phones.get(index)
    if (known) return known
    const phone = await this.#make(index, identity)
    if (!this.#forgets) this.#phones.set(index, phone)
    return phone
  }

  /** It had its turn. */
  done(index: number): void {
    if (this.#forgets) this.#phones.delete(index)
  }

  async #make(index: number, identity: PhoneIdentity): Promise<Phone> {
    const { plan, trusted, keys, recorder } = this.#init
    const { seed, sudi } = plan.options
    const { deviceName, model, authMode, authString } = identity
    const mic = await this.#mic(identity)
    const lsc = identity.lscFile ? credentialFrom(identity.lscFile) : undefined
    const random = randomOf({ seed, index, purpose: 'keyTime' })
    const keyGeneration = plan.models[model]?.keyGeneration
    const init: PhoneInit = {
      deviceName,
      model,
      authMode,
      trusted,
      sudi,
      random,
      makeKey: spec => keys.take(spec),
      options: this.#options,
      ...(authString === undefined ? {} : { authString }),
      ...(mic ? { mic } : {}),
      ...(lsc ? { lsc } : {}),
      ...(keyGeneration ? { keyGenerationMs: () => drawMs(keyGeneration, random) } : {}),
      ...(recorder ? { onBytes: recorder.tapeFor(index).hear } : {}),
    }
    return new Phone(init)
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
}
