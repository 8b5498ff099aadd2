import { isDeviceName } from '@capfkit/codec/capf'
import { OptionError } from '@capfkit/codec/options'
import { type AuthMode, type Credential, Device, type MadeKey } from './device.ts'
import type { Environment } from './environment.ts'
import type { Flash } from './flash/flash.ts'
import { MODELS, type ModelName } from './models.ts'
import { type PhoneOptions, phoneOptions } from './options.ts'

/** Everything but `tls`, which the model and the options give, may be left to the real world: see {@link Environment}. */
export type PhoneInit = Pick<Environment, 'makeKey' | 'trusted'> &
  Partial<Omit<Environment, 'makeKey' | 'trusted'>> & {
    /** `SEP` + 12 hex digits, or any other CUCM device name [CAPF-3.5]. */
    deviceName: string
    /** Default `8861`. */
    model?: ModelName
    authMode: AuthMode
    /** For mode `string`: what the administrator gave the user. */
    authString?: string
    mic?: Credential
    lsc?: Credential
    /** A key that was made before and has no certificate yet [CAPF-3.8]. */
    pendingKey?: MadeKey
    /** Default: what the model speaks. */
    protocolVersion?: 2 | 3
    /** Send SUDI_DATA when there is an RSA MIC; costs two RSA signatures a session. Default false. */
    sudi?: boolean
    /** What the phone keeps between boots; default: as long as it lives. */
    flash?: Flash
    /** Checked by {@link phoneOptions}; give many phones one checked object. */
    options?: Partial<PhoneOptions>
  }

const wrong = (name: string, wanted: string) =>
  new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name, sentence: `${name} must be ${wanted}` }])

/** Who the phone is and what it has. @throws {OptionError} */
export const deviceOf = (init: PhoneInit): Device => {
  const { deviceName, model: modelName = '8861', authMode, authString, mic, lsc, pendingKey, sudi = false } = init
  if (!isDeviceName(deviceName))
    throw wrong('deviceName', `a CUCM device name of letters, digits, ., - and _, got ${JSON.stringify(deviceName)}`)
  if (!Object.hasOwn(MODELS, modelName))
    throw wrong('model', `${Object.keys(MODELS).join(' | ')}, got ${JSON.stringify(modelName)}`)
  const model = MODELS[modelName]
  const protocolVersion = init.protocolVersion ?? model.protocolVersion
  const options = phoneOptions(init.options)
  return new Device({ deviceName, model, protocolVersion, authMode, authString, mic, lsc, pendingKey, sudi, options })
}
