import { int, type OptionsOf, oneOf, parseOptions, text } from '@capfkit/codec/options'
import { parseAssignments } from './assignments.ts'

const PERCENT = { pattern: /^(?:100|\d{1,2}(?:\.\d{1,6})?)%$/, range: '0% … 100%' } as const
const RATE = { default: 0, min: 0, max: 1_000_000_000, unit: 'bytes/s' } as const

/** What the network of a phone may be like; the defaults are a network without any flaw. It is ours. */
export const NETWORK_OPTIONS = {
  latencyMs: int({
    default: 0,
    min: 0,
    max: 60_000,
    unit: 'ms',
    doc: 'One way, in each direction: an answer takes twice that, and so does connecting.',
  }),
  jitterMs: int({ default: 0, min: 0, max: 60_000, unit: 'ms', doc: 'How much the latency differs from write to write.' }),
  jitter: oneOf({
    default: 'uniform',
    values: ['uniform', 'normal', 'exponential'],
    doc: 'How: evenly up to jitterMs less or more; normally with jitterMs as the standard deviation; or only more, exponentially with jitterMs as the mean. Order is kept.',
  }),
  resetPerWrite: text({
    ...PERCENT,
    default: '0%',
    doc: 'How likely a write of either side is lost for good: the connection is reset.',
  }),
  silentPerWrite: text({
    ...PERCENT,
    default: '0%',
    doc: 'How likely a connection is half-open from a write on: nothing passes any more, and nobody is told.',
  }),
  writeBytesPerSecond: int({ ...RATE, doc: 'How fast the phone writes. 0: as fast as it can.' }),
  readBytesPerSecond: int({ ...RATE, doc: 'How fast the phone reads. 0: as fast as it can.' }),
  segmentBytes: int({
    default: 0,
    min: 0,
    max: 65_535,
    unit: 'bytes',
    doc: 'The phone writes pieces of this size. 0: as it comes.',
  }),
} as const

export type NetworkOptions = OptionsOf<typeof NETWORK_OPTIONS>

/** The same with chances as numbers in [0, 1]. */
export type NetworkConditions = Omit<NetworkOptions, 'resetPerWrite' | 'silentPerWrite'> & {
  resetPerWrite: number
  silentPerWrite: number
}

const chanceOf = (percent: string): number => Number(percent.slice(0, -1)) / 100

export const conditionsOf = (options: NetworkOptions): NetworkConditions => ({
  ...options,
  resetPerWrite: chanceOf(options.resetPerWrite),
  silentPerWrite: chanceOf(options.silentPerWrite),
})

/** How the network of a phone is written. */
export const NETWORK_RANGE = 'NAME=VALUE,…'

/** Read `latencyMs=50,resetPerWrite=1%`. @throws {OptionError} that lists every mistake. */
export const parseNetwork = (words: string): NetworkOptions =>
  parseOptions(NETWORK_OPTIONS, parseAssignments(words, { table: NETWORK_OPTIONS, name: 'network' }))

type Random = () => number

/** Two numbers of [0, 1) into one of the standard normal distribution (Box and Muller). */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const DEVIATION: Readonly<Record<NetworkOptions['jitter'], (random: Random) => number>> = {
  uniform: random => 2 * random() - 1,
  normal,
  exponential: random => -Math.log(1 - random()),
}

/** How long one write is on its way, ms; never less than nothing. */
export const delayMs = ({ latencyMs, jitterMs, jitter }: NetworkConditions, random: Random): number =>
  jitterMs === 0 ? latencyMs : Math.max(0, latencyMs + jitterMs * DEVIATION[jitter](random))

/** Asks for no number where the answer is known. */
export const happens = (chance: number, random: Random): boolean => chance > 0 && random() < chance
