import type { KeyObject } from 'node:crypto'
import { type Credential, conditionsOf, type MadeKey, Phone, type PhoneInit, type PhoneOptions, phoneOptions } from '@capfkit/phone'
import { CertificateIssuer, type KeySpec, micSubject, parseCertificate } from '@capfkit/pki'
import { credentialFrom } from './credential-file.ts'
import { networksOf, parseNetworkGroup } from './disturbance/network-group.ts'
import type { EncodedKey, KeptPhone, PhoneKeeping } from './fleet-file/kept.ts'
import { type Identities, MIC_KEY, needsMic, type PhoneIdentity } from './identity.ts'
import type { KeySource } from './key-source.ts'
import { drawMs } from './plan/draw-duration.ts'
import type { Plan } from './plan/plan.ts'
import type { OperationRecorder } from './recording/part-recorder.ts'
import { TurnRandom } from './turn-random.ts'

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
  recorder?: Pick<OperationRecorder, 'tapeFor' | 'forget'> | undefined
  /** Where phones keep what they have. */
  keeping?: PhoneKeeping | undefined
}

/** A phone with what is drawn anew for each of its turns. */
type MadePhone = { readonly phone: Phone; readonly randoms: readonly TurnRandom[] }

/** MICs that are signed at once. */
const PARALLEL = 8

/** Phones that come once are forgotten after it: what they became is of use to nobody, and there may be very many. */
const comeOnce = ({ phases }: Plan): boolean => phases.length === 1 && phases[0]!.devices === 'once'

/** The phones of one process: those with a MIC are made before the clock runs, the others when their turn comes. */
export class FleetPhones {
  readonly #init: FleetPhonesInit
  readonly #options: PhoneOptions
  readonly #micIssuer: CertificateIssuer
  readonly #phones = new Map<number, MadePhone>()
  readonly #forgets: boolean
  /** Nobody had phones there before: to ask for each of them costs as much as to keep it. */
  readonly #isFirst: boolean
  readonly #networkOf: ReturnType<typeof networksOf>
  /** What each had when its turn began. */
  readonly #lscBefore = new WeakMap<Phone, Credential | undefined>()
  /** What each phone made last: the key of its next certificate. Only where that is kept. */
  readonly #madeKeys = new Map<number, EncodedKey>()

  constructor(init: FleetPhonesInit) {
    const { plan, micCa, identities } = init
    const { options } = plan
    this.#init = init
    this.#options = phoneOptions({
      retries: options.retries,
      retryIntervalMs: options.retryIntervalMs,
      connectTimeoutMs: options.connectTimeoutMs,
      replyTimeoutMs: options.replyTimeoutMs,
      keyGenerationDelayMs: options.keyGenerationDelayMs,
      maxTlsVersion: options.maxTlsVersion as PhoneOptions['maxTlsVersion'],
      legacyTls: options.legacyTls,
      signRequests: options.signRequests,
    })
    this.#micIssuer = CertificateIssuer.create({ ...micCa, profile: 'mic', now: () => new Date() })
    this.#forgets = comeOnce(plan)
    this.#isFirst = init.keeping?.isEmpty ?? true
    this.#networkOf = networksOf(options.network.map(parseNetworkGroup), { seed: options.seed, identities })
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

  /** The phone with this index, for its turn. @param turn.identity  who it is. */
  async take(index: number, turn: { identity: PhoneIdentity; round: number; lap: number }): Promise<Phone> {
    const made = this.#phones.get(index) ?? (await this.#make(index, turn.identity))
    if (!this.#forgets) this.#phones.set(index, made)
    for (const random of made.randoms) random.begin(turn)
    this.#lscBefore.set(made.phone, made.phone.lsc)
    return made.phone
  }

  /** It had its turn. @param turn.phone  absent where it could not be made. */
  done(index: number, turn: { phone: Phone | undefined; operation: string }): void {
    if (turn.phone) this.#keep(index, { ...turn, phone: turn.phone })
    if (!this.#forgets) return
    this.#phones.delete(index)
    this.#madeKeys.delete(index)
    this.#init.recorder?.forget(index)
  }

  #keep(index: number, { phone, operation }: { phone: Phone; operation: string }): void {
    const { keeping } = this.#init
    if (!keeping) return
    const { deviceName, lsc, pendingKey } = phone
    // A turn may have several sessions, and the last of them may know nothing of what an earlier one has brought.
    const hasChanged = lsc !== this.#lscBefore.get(phone)
    const now = hasChanged && lsc ? { certificateDer: lsc.certificateDer, key: this.#keyOf(index, lsc) } : undefined
    keeping.keep({ kind: 'ended', deviceName, operation, atMs: Date.now(), lsc: hasChanged ? { now } : undefined, pendingKey })
  }

  /** The key that was made last is that of the certificate, unless another one was made after it. */
  #keyOf(index: number, { certificateDer, privateKey }: Credential): MadeKey | EncodedKey {
    const made = this.#madeKeys.get(index)
    // The key stands in the certificate as it is: nothing has to be parsed for that.
    if (made && certificateDer.includes(made.publicKeyDer)) return made
    return { publicKeyDer: parseCertificate(certificateDer).publicKeyDer, privateKey }
  }

  async #make(index: number, identity: PhoneIdentity): Promise<MadePhone> {
    const { plan, trusted, recorder, keeping } = this.#init
    const { seed, sudi } = plan.options
    const { deviceName, model, authMode, authString } = identity
    const kept = this.#isFirst ? undefined : keeping?.read(deviceName)
    const mic = await this.#mic(identity, kept)
    const lsc = identity.lscFile ? credentialFrom(identity.lscFile) : kept?.lsc
    const keyTime = new TurnRandom({ seed, index, purpose: 'keyTime' })
    const networkRandom = new TurnRandom({ seed, index, purpose: 'network' })
    const keyGeneration = plan.models[model]?.keyGeneration
    const network = this.#networkOf(index)
    const init: PhoneInit = {
      deviceName,
      model,
      authMode,
      trusted,
      sudi,
      random: keyTime.next,
      makeKey: spec => this.#makeKey({ index, deviceName, model }, spec),
      options: this.#options,
      ...(authString === undefined ? {} : { authString }),
      ...(mic ? { mic } : {}),
      ...(lsc ? { lsc } : {}),
      ...(kept?.pendingKey ? { pendingKey: kept.pendingKey } : {}),
      ...(keyGeneration ? { keyGenerationMs: () => drawMs(keyGeneration, keyTime.next) } : {}),
      ...(network ? { network: { conditions: conditionsOf(network), random: networkRandom.next } } : {}),
      ...(recorder ? { onBytes: recorder.tapeFor(index).hear } : {}),
    }
    return { phone: new Phone(init), randoms: [keyTime, networkRandom] }
  }

  async #makeKey(phone: { index: number; deviceName: string; model: string }, spec: KeySpec): Promise<MadeKey> {
    const { keys, keeping } = this.#init
    const key = await keys.take(spec)
    if (!keeping) return key
    this.#madeKeys.set(phone.index, keeping.keepKey(phone, key))
    return key
  }

  /** Of a file, of an earlier run, or made now. */
  async #mic(identity: PhoneIdentity, kept: KeptPhone | undefined): Promise<Credential | undefined> {
    const { micFile, model, deviceName } = identity
    const { keys, keeping } = this.#init
    if (micFile || !needsMic(identity) || kept?.mic) {
      if (!kept) keeping?.keep({ kind: 'made', deviceName, model, mic: undefined })
      return micFile ? credentialFrom(micFile) : kept?.mic
    }
    const pair = await keys.take(MIC_KEY)
    const subject = micSubject({ deviceName, model })
    const { certificateDer } = await this.#micIssuer.issue({ subject, publicKeyDer: pair.publicKeyDer })
    keeping?.keep({ kind: 'made', deviceName, model, mic: { certificateDer, key: pair } })
    return {
      certificateDer,
      get privateKey() {
        return pair.privateKey
      },
    }
  }
}
