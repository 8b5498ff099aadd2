import { CURVES, parseKeySpec } from '@capfkit/pki'
import { type Device, EC_SIZES, type EcBits, RSA_SIZES, type RsaBits } from '@capfkit/server'

export type KeyColumns = Partial<Pick<Device, 'keyOrder' | 'rsaBits' | 'ecBits'>>

/** `rsa:2048`, `ec:p256`, or EC preferred with an RSA back-up: `ec:p256+rsa:2048`. */
export const KEY_PATTERN = new RegExp(
  `^(?:rsa:(?:${Object.keys(RSA_SIZES).join('|')})|ec:p(?:256|384|521)(?:\\+rsa:(?:${Object.keys(RSA_SIZES).join('|')}))?)$`,
)
export const KEY_RANGE = 'rsa:512..4096 | ec:p256, p384, p521 | ec:p256+rsa:2048'

const ecBitsOf = (curve: string) => Number(Object.keys(EC_SIZES).find(bits => EC_SIZES[Number(bits) as EcBits] === curve)) as EcBits

/** The columns of a device row for a `--key` that the pattern let through. */
export const keyColumns = (key: string): KeyColumns => {
  const [first = '', backup] = key.split('+')
  const spec = parseKeySpec(first)
  if (spec.type === 'rsa') return { keyOrder: 'rsa', rsaBits: spec.bits }
  const ecBits = ecBitsOf(spec.curve)
  const second = backup === undefined ? undefined : parseKeySpec(backup)
  return second?.type === 'rsa' ? { keyOrder: 'ec-preferred', ecBits, rsaBits: second.bits } : { keyOrder: 'ec', ecBits }
}

/** The columns of a device row as `--key` takes them. */
export const formatKeyOrder = (device: { keyOrder: Device['keyOrder']; rsaBits: RsaBits; ecBits: EcBits }): string => {
  const rsa = `rsa:${device.rsaBits}`
  const ec = `ec:${CURVES[EC_SIZES[device.ecBits]].short}`
  return { rsa, ec, 'ec-preferred': `${ec}+${rsa}` }[device.keyOrder]
}
