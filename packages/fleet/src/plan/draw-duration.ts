import type { Distribution } from '@capfkit/codec/options'
import { exponential, standardNormal } from '../random.ts'

/** Longer than any phone takes for anything, ms. */
const LONGEST_MS = 86_400_000

const DRAW: { readonly [K in Distribution['kind']]: (distribution: Distribution & { kind: K }, random: () => number) => number } = {
  fixed: ({ ms }) => ms,
  uniform: ({ fromMs, toMs }, random) => fromMs + (toMs - fromMs) * random(),
  normal: ({ meanMs, deviationMs }, random) => meanMs + deviationMs * standardNormal(random),
  lognormal: ({ medianMs, sigma }, random) => medianMs * Math.exp(sigma * standardNormal(random)),
  exponential: ({ meanMs }, random) => meanMs * exponential(random),
}

/** One time out of many, in whole ms; never below 0, never above a day. */
export const drawMs = (distribution: Distribution, random: () => number): number => {
  const ms = DRAW[distribution.kind](distribution as never, random)
  return Math.round(Math.min(LONGEST_MS, Math.max(0, ms)))
}
