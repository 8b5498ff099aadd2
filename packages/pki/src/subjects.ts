import { isDeviceName } from '@capfkit/codec/capf'
import { PkiError } from './errors.ts'
import type { DistinguishedName, NameAttribute } from './name.ts'

/** What an LSC takes over from its issuer, in this order. */
const COPIED: readonly NameAttribute[] = ['O', 'OU', 'L', 'ST', 'C']

type Device = {
  deviceName: string
  /** `8861` or `CP-8861`; without it the common name is the bare device name, as it is for Jabber, which has no model. */
  model?: string
}

/** A name with a model before it is read back for phones only: see `deviceNameOf`. */
const PHONE = /^SEP[0-9A-F]{12}$/i

const deviceCommonName = ({ deviceName, model }: Device): string => {
  if (!isDeviceName(deviceName)) throw new PkiError('PKI_BAD_DEVICE_NAME', { where: JSON.stringify(deviceName) })
  return model === undefined || !PHONE.test(deviceName) ? deviceName : `CP-${model.replace(/^CP-/i, '')}-${deviceName}`
}

/** `CN=CP-<model>-SEP<MAC>` or `CN=<device>`, then O, OU, L, ST and C of the issuer. @throws {PkiError} `PKI_BAD_DEVICE_NAME` */
export const lscSubject = (options: Device & { issuer: DistinguishedName }): DistinguishedName => [
  { type: 'CN', value: deviceCommonName(options) },
  ...COPIED.flatMap(copied => options.issuer.filter(({ type }) => type === copied)),
]

/** `O=capfkit TEST,OU=CTG,CN=CP-<model>-SEP<MAC>`: shaped like a manufacturer's, and named so that nobody takes it for one. */
export const micSubject = (options: Required<Device>): DistinguishedName => [
  { type: 'O', value: 'capfkit TEST' },
  { type: 'OU', value: 'CTG' },
  { type: 'CN', value: deviceCommonName(options) },
]
