import { OptionError } from '@capfkit/codec/options'

/** Names with the share that each of them has. */
export type Weights<T extends string> = readonly { name: T; weight: number }[]

/**
 * Read `null=40,string=20` (a name alone has weight 1).
 *
 * @throws {RangeError} for a name that is not known or stands twice, or weights that are no numbers or all 0.
 */
export const readWeights = <T extends string>(words: string, known: readonly T[]): Weights<T> => {
  const fail = (sentence: string): never => {
    throw new RangeError(sentence)
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
  if (!hasWeight(weights)) fail(NO_WEIGHT)
  return weights
}

/** Said of weights that are all 0. */
export const NO_WEIGHT = 'needs at least one weight above 0'
export const hasWeight = (weights: readonly { weight: number }[]): boolean => weights.some(({ weight }) => weight > 0)

/** The same for an option. @throws {OptionError} */
export const parseWeights = <T extends string>(
  option: string,
  { words, known }: { words: string; known: readonly T[] },
): Weights<T> => {
  try {
    return readWeights(words, known)
  } catch (error) {
    const sentence = `${option} ${error instanceof Error ? error.message : error}`
    throw new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name: option, sentence }])
  }
}

/** As {@link readWeights} reads them. */
export const formatWeights = (weights: Weights<string>): string => weights.map(({ name, weight }) => `${name}=${weight}`).join(',')

/** The name at `share` (in [0, 1)) of the whole. */
export const pick = <T extends string>(weights: Weights<T>, share: number): T => {
  let left = share * weights.reduce((sum, { weight }) => sum + weight, 0)
  for (const { name, weight } of weights) {
    left -= weight
    if (left < 0) return name
  }
  return weights.findLast(({ weight }) => weight > 0)!.name
}
