import { isDeviceName } from '@capfkit/codec/capf'
import { MistakesError } from '../errors.ts'

const WITH_MAC = /^(.*?)([0-9A-Fa-f]{12})$/
const LAST_MAC = 0xffff_ffff_ffff

/** `SEP001122334455` and the names after it: the MAC address counts up. */
export const namesFrom = (first: string, count: number): string[] => {
  const [, prefix = '', mac] = WITH_MAC.exec(first) ?? []
  if (mac === undefined)
    throw new MistakesError([
      `--count needs a name that ends in a MAC address, such as SEP001122334455, got ${JSON.stringify(first)} (CLI_USAGE)`,
    ])
  const start = Number.parseInt(mac, 16)
  if (start + count - 1 > LAST_MAC)
    throw new MistakesError([`--count ${count} from ${first} goes beyond the last MAC address (CLI_USAGE)`])
  return Array.from({ length: count }, (_, index) => prefix + (start + index).toString(16).toUpperCase().padStart(12, '0'))
}

/** Device names from the command line: every bad one at once. */
export const checkNames = (names: readonly string[]): readonly string[] => {
  const bad = names.filter(name => !isDeviceName(name))
  if (bad.length === 0) return names
  throw new MistakesError(
    bad.map(
      name => `${JSON.stringify(name)} is not a device name: letters, digits, dot, dash, underscore, at most 128 (DEVICE_BAD_NAME)`,
    ),
  )
}
