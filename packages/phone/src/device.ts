import type { KeyObject } from 'node:crypto'
import { CERTIFICATE_TYPE } from '@capfkit/codec/capf'
import { type KeySpec, signAuthentication } from '@capfkit/pki'
import type { PhoneModel } from './models.ts'
import type { PhoneOptions } from './options.ts'

/** A certificate with its key. `privateKey` may be a getter: it is asked for only when the phone signs. */
export type Credential = { readonly certificateDer: Buffer; readonly privateKey: KeyObject }

/** A key pair for one enrolment. `privateKey` may be a getter: a phone that never signs never needs it parsed. */
export type MadeKey = { readonly publicKeyDer: Buffer; readonly privateKey: KeyObject }

/**
 * What a phone needs from whoever makes keys: pki's `generateKeyPair`, or a pool of ready ones.
 *
 * @param context  `signal` is aborted when the session ended meanwhile; the key is thrown away then.
 */
export type MakeKey = (spec: KeySpec, context: { deviceName: string; signal: AbortSignal }) => Promise<MadeKey>

/** How the phone shows who it is [CAPF-4]: `lsc` is LSC first and else the MIC, `mic` the MIC alone. */
export type AuthMode = 'null' | 'string' | 'lsc' | 'mic'

type Signatures = { readonly signedData: Buffer; readonly sha2SignedData: Buffer }
export type Proof = { readonly credential: Credential; readonly certificateType: number; readonly signatures: Signatures }

export type DeviceInit = {
  deviceName: string
  model: PhoneModel
  protocolVersion: 2 | 3
  authMode: AuthMode
  authString?: string | undefined
  mic?: Credential | undefined
  lsc?: Credential | undefined
  pendingKey?: MadeKey | undefined
  sudi: boolean
  options: PhoneOptions
}

/** What one phone is and has: all of its state that outlives a session. */
export class Device {
  readonly deviceName: string
  readonly model: PhoneModel
  readonly protocolVersion: 2 | 3
  readonly options: PhoneOptions
  readonly mic: Credential | undefined
  readonly sudi: boolean
  authMode: AuthMode
  lsc: Credential | undefined
  /** The key that was made last and has no certificate yet: it may come in a session of its own [CAPF-3.8]. */
  pendingKey: MadeKey | undefined
  #authString: string | undefined
  #proof: Proof | undefined

  constructor(init: DeviceInit) {
    this.deviceName = init.deviceName
    this.model = init.model
    this.protocolVersion = init.protocolVersion
    this.options = init.options
    this.mic = init.mic
    this.lsc = init.lsc
    this.pendingKey = init.pendingKey
    this.sudi = init.sudi
    this.authMode = init.authMode
    this.#authString = init.authString
  }

  get authString(): string | undefined {
    return this.#authString
  }

  set authString(text: string | undefined) {
    this.#authString = text
  }

  /** The certificate that the mode asks for; `undefined` when there is none, or the mode wants none. */
  get authCredential(): Credential | undefined {
    if (this.authMode === 'lsc') return this.lsc ?? this.mic
    return this.authMode === 'mic' ? this.mic : undefined
  }

  /** The MIC, if it goes into SUDI_DATA: RSA only, version 3 only [CAPF-4.3]. */
  get sudiCredential(): Credential | undefined {
    const usable = this.sudi && this.protocolVersion === 3 && this.mic?.privateKey.asymmetricKeyType === 'rsa'
    return usable ? this.mic : undefined
  }

  /**
   * The credential of the mode with its two signatures, which name neither session nor time: made once and kept [CAPF-4.3].
   *
   * @throws {PkiError} when the key cannot sign.
   */
  prove(): Proof | undefined {
    const credential = this.authCredential
    if (!credential) return undefined
    if (this.#proof?.credential !== credential) {
      const { deviceName } = this
      const { certificateDer, privateKey } = credential
      this.#proof = {
        credential,
        certificateType: credential === this.lsc ? CERTIFICATE_TYPE.LSC : CERTIFICATE_TYPE.MIC,
        signatures: signAuthentication({ deviceName, certificateDer, privateKey }),
      }
    }
    return this.#proof
  }
}
