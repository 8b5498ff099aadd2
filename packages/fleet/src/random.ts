import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** What a number is drawn for: each purpose has a stream of its own, so that a new one changes none of the others. */
export const PURPOSES = {
  identity: 1,
  authString: 2,
  round: 3,
  keyTime: 4,
  boot: 5,
  resample: 6,
  operation: 7,
  arrivals: 8,
  order: 9,
  think: 10,
  faultGroup: 11,
  fault: 12,
  faultBytes: 13,
  networkGroup: 14,
  network: 15,
} as const

/** Two numbers into one seed that differs in many bits for neighbours (the finaliser of MurmurHash3). */
const mix = (a: number, b: number) => {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 1, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}

export type Draw = { seed: number; index: number; purpose: keyof typeof PURPOSES; round?: number; lap?: number }

/** Numbers in [0, 1) that depend on nothing but the seed of the run, the phone, the purpose, the round and the lap in it. */
export const randomOf = ({ seed, index, purpose, round = 0, lap = 0 }: Draw): (() => number) => {
  const place = mix(mix(seed, index), PURPOSES[purpose] + 16 * round)
  const generator = xoroshiro128plus(lap === 0 ? place : mix(place, lap))
  return () => uniformFloat64(generator)
}

/** With mean 1: the gap between two arrivals of a Poisson process with rate 1. */
export const exponential = (random: () => number): number => -Math.log(1 - random())

/** With mean 0 and deviation 1 (Box and Muller). */
export const standardNormal = (random: () => number): number =>
  Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random())
