import {
  conditionsOf,
  type DisturbanceOrder,
  forgeWith,
  type ModelName,
  type Network,
  parseFault,
  parseNetwork,
} from '@capfkit/phone'
import { readCredential } from './credential-file.ts'

/** What one phone does wrong. @throws {OptionError} */
export const misbehaviourOf = async (options: {
  fault: string | undefined
  micCa: string | undefined
  model: ModelName
}): Promise<DisturbanceOrder | undefined> => {
  const { fault, micCa, model } = options
  if (fault === undefined) return undefined
  return {
    fault: parseFault(fault),
    forge: forgeWith({ model, micCa: micCa === undefined ? undefined : await readCredential(micCa) }),
  }
}

/** The network of one phone. @throws {OptionError} */
export const networkOf = (words: string | undefined): Network | undefined =>
  words === undefined ? undefined : { conditions: conditionsOf(parseNetwork(words)), random: Math.random }
