import { ROLES, roleName } from './roles.ts'
import type { Version } from './values.ts'

/** SHA-1 (RFC 3174) of some bytes: 20 bytes. It comes in because nothing is computed on this floor. */
export type Sha1 = (data: Buffer) => Buffer

/** The VALUE of a field as `show itl` prints it [TRUST-7]. */
export type Print<T = never> = (value: T, sha1: Sha1) => string

/** A blank name may be one of NULs. */
const withoutLastNuls = (value: string): string => {
  let end = value.length
  while (value[end - 1] === '\0') end--
  return value.slice(0, end)
}

/** Names come out of a file: what could steer a terminal or turn the direction of text is shown as a question mark. */
export const asText: Print<string> = value =>
  withoutLastNuls(value)
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, '?')
    .trimEnd()

export const asNumber: Print<number> = String

export const asVersion: Print<Version> = ({ major, minor }) => `${major}.${minor}`

export const asBytes: Print<number> = value => `${value} (BYTES)`

const pairs = (value: Buffer) => [...value].map(byte => byte.toString(16).toUpperCase().padStart(2, '0'))

/** `C3 E6 97` */
export const asHex: Print<Buffer> = value => pairs(value).join(' ')

/** `64:F2:FE` */
export const asColonHex: Print<Buffer> = value => pairs(value).join(':')

/** A certificate is not printed, its SHA-1 is. */
export const asFingerprint: Print<Buffer> = (value, sha1) => `${asHex(sha1(value), sha1)} (SHA1 Hash HEX)`

const SHA1 = 1

/** SHA-1 is printed as `null`, by some releases as `SHA-1`; any other number as itself, which is ours. */
export const asHashName: Print<number> = value => (value === SHA1 ? 'null' : String(value))

/** A role that nobody knows is printed as its number, which is ours. */
export const asRole: Print<number> = value => {
  const name = roleName(value)
  return name ? ROLES[name].print : String(value)
}

const BYTES_A_ROW = 8

/** Rows of 8 bytes below the field, two blanks between them, without leading zeros: that is how CUCM prints them. */
export const asHexRows = (value: Buffer): string[] => {
  const rows: string[] = []
  for (let at = 0; at < value.length; at += BYTES_A_ROW)
    rows.push([...value.subarray(at, at + BYTES_A_ROW)].map(byte => byte.toString(16)).join('  '))
  return rows
}
