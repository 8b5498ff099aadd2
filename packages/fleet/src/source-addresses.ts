import { isIP } from 'node:net'
import { OptionError } from '@capfkit/codec/options'
import { whyNotFrom } from './doctor/why-not-from.ts'
import { FleetError } from './errors.ts'

/** Of the option, for every table that has it. */
export const SOURCE_ADDRESSES = {
  pattern: /^[0-9a-fA-F.:]+(?:\/\d{1,2})?(?:,[0-9a-fA-F.:]+(?:\/\d{1,2})?){0,255}$/,
  range: 'ADDRESS | NETWORK/BITS, …',
} as const

/** Addresses of this machine that phones connect from in turn. */
export type SourceAddresses = {
  readonly count: number
  /** Of the phone with this index; `undefined` where there is none, and the route decides. */
  at(index: number): string | undefined
}

/** More than these are not needed: 28,000 ports each are a billion connections. */
const MOST = 65_536

type Range = { count: number; at(index: number): string }

const toNumber = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const toAddress = (value: number) => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')

/** The first and the last address of a network are nobody's, but of one that has only those. */
const network = (address: string, bits: number): Range | undefined => {
  const size = 2 ** (32 - bits)
  const first = Math.floor(toNumber(address) / size) * size
  const [from, count] = size > 2 ? [first + 1, size - 2] : [first, size]
  return count > MOST ? undefined : { count, at: index => toAddress(from + index) }
}

const rangeOf = (text: string): Range | undefined => {
  const [address = '', bits] = text.split('/')
  if (bits === undefined) return isIP(address) === 0 ? undefined : { count: 1, at: () => address }
  return isIP(address) === 4 && Number(bits) <= 32 ? network(address, Number(bits)) : undefined
}

/**
 * Read `192.0.2.7,127.0.0.0/16`: addresses, and networks of IPv4 whose hosts are all meant.
 *
 * @throws {OptionError} for what is no address, and for more than 65,536 of them.
 */
export const parseSourceAddresses = (text: string | undefined): SourceAddresses => {
  if (text === undefined) return { count: 0, at: () => undefined }
  const ranges = text.split(',').map(part => {
    const range = rangeOf(part)
    if (range) return range
    const sentence = `sourceAddresses takes addresses and IPv4 networks of at most ${MOST} hosts such as 127.0.0.0/16, got ${JSON.stringify(part)}`
    throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: 'sourceAddresses', sentence }])
  })
  const count = ranges.reduce((sum, range) => sum + range.count, 0)
  return {
    count,
    at: index => {
      let left = index % count
      for (const range of ranges) {
        if (left < range.count) return range.at(left)
        left -= range.count
      }
      return undefined
    },
  }
}

/** So many of them say whether all can be used: those of a network are all there, or none is. */
export const someOf = ({ count, at }: SourceAddresses, most = 16): string[] =>
  Array.from({ length: Math.min(count, most) }, (_, place) => at(Math.floor((place * count) / Math.min(count, most)))!)

/** Only an address of this machine can be connected from. @throws {FleetError} `FLEET_SOURCE_ADDRESS` */
export const checkSourceAddresses = async (addresses: SourceAddresses): Promise<void> => {
  for (const address of someOf(addresses)) {
    const why = await whyNotFrom(address)
    if (why !== undefined) throw new FleetError('FLEET_SOURCE_ADDRESS', address, { cause: new Error(why) })
  }
}

/** Which addresses the phones of one process use at this moment. */
export class SourceUse {
  readonly #addresses: SourceAddresses
  readonly #inUse = new Map<string | undefined, number>()

  constructor(addresses: SourceAddresses) {
    this.#addresses = addresses
  }

  /** The address of the phone with this index, until it is given back. */
  take(index: number): string | undefined {
    const address = this.#addresses.at(index)
    this.#inUse.set(address, (this.#inUse.get(address) ?? 0) + 1)
    return address
  }

  give(address: string | undefined): void {
    const left = (this.#inUse.get(address) ?? 1) - 1
    if (left > 0) this.#inUse.set(address, left)
    else this.#inUse.delete(address)
  }

  /** Connections from the address that has the most. */
  get most(): number {
    return Math.max(0, ...this.#inUse.values())
  }
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/** How many of the processes, which have every n-th phone each, connect from one and the same address. */
export const processesOnAddress = ({ processes, addresses }: { processes: number; addresses: number }): number =>
  processes / commonDivisor(processes, Math.max(1, addresses))
