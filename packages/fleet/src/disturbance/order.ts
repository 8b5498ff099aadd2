import type { KeyObject } from 'node:crypto'
import { type DisturbanceOrder, type Fault, forgeWith } from '@capfkit/phone'
import type { PhoneIdentity } from '../identity.ts'
import { randomOf } from '../random.ts'
import type { Turn } from './disturbances.ts'

/** What a phone is told to do wrong in this turn; whatever is drawn for it is drawn from the seed. */
export const disturbanceOrder = (
  fault: Fault,
  turn: {
    seed: number
    /** Of the phase. */
    number: number
    start: Turn
    identity: Pick<PhoneIdentity, 'model'>
    micCa: { certificateDer: Buffer; privateKey: KeyObject }
  },
): DisturbanceOrder => {
  const { seed, number, start, identity, micCa } = turn
  const { index, lap } = start
  return {
    fault,
    random: randomOf({ seed, index, lap, round: number, purpose: 'faultBytes' }),
    forge: forgeWith({ model: identity.model, micCa }),
  }
}
