import { OptionError } from '@capfkit/codec/options'

/** Names with the share that each of them has. */
export type Weights<T extends string> = readonly { name: T; weight: number }[]

/**
 * Read `null=40,string=20` (a name alone has weight 1).
 *
 * @throws {OptionError} for a name that is not known or stands twice, or weights that are no numbers or all 0.
 */
export const parseWeights = <T extends string>(
  option: string,
  { words, known }: { words: string; known: readonly T[] },
): Weights<T> => {
  const fail = (sentence: string): never => {
    throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: option, sentence: `${option} ${sentence}` }])
  }
  const weights = words.split(',').map(part => {
    const [name = '', weight = '1', ...rest] = part.trim().split('=')
    if (rest.length > 0) fail(`wants NAME=WEIGHT, got ${JSON.stringify(part)}`)
    const found = known.find(candidate => candidate === name) ?? fail(`knows ${known.join(', ')}, got ${JSON.stringify(name)}`)
    if (!/^\d+(\.\d+)?$/.test(weight)) fail(`wants a number as the weight of ${name}, got ${JSON.stringify(weight)}`)
    return { name: found, weight: Number(weight) }
  })
  const twice = weights.find(({ name }, index) => weights.findIndex(other => other.name === name) < index)
  if (twice) fail(`names ${twice.name} twice`)
  if (!weights.some(({ weight }) => weight > 0)) fail('needs at least one weight above 0')
  return weights
}

/** The name at `share` (in [0, 1)) of the whole. */
export const pick = <T extends string>(weights: Weights<T>, share: number): T => {
  let left = share * weights.reduce((sum, { weight }) => sum + weight, 0)
  for (const { name, weight } of weights) {
    left -= weight
    if (left < 0) return name
  }
  return weights.findLast(({ weight }) => weight > 0)!.name
}
