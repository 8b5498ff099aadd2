import { canCommit, type Fault } from '@capfkit/phone'
import { type PhasePlace, participantsOf } from '../plan/sequence.ts'
import { randomOf } from '../random.ts'
import type { FaultRule } from './fault-rule.ts'
import { membersOf, nth } from './members.ts'

/** One turn of a phone in a phase. */
export type Turn = { readonly index: number; readonly lap: number }

/** What the phones of a phase do wrong. The same turn has the same fault in whichever process it is run, and whenever. */
export type Disturbances = (turn: Turn) => Fault | undefined

const NOT_COUNTED = -1

/** Which of the operations of a rule this is, from 0; phones that come again go on counting. */
type Rank = (turn: Turn) => number

/** By the place in the sequence of the whole phase, not by who came first. */
const rankOf = (place: PhasePlace, isMember: (index: number) => boolean): Rank => {
  const participants = participantsOf(place)
  const ranks = new Int32Array(place.identities.count).fill(NOT_COUNTED)
  let counted = 0
  for (let position = 0; position < participants.length; position++) {
    const index = participants.at(position)
    if (isMember(index)) ranks[index] = counted++
  }
  return ({ index, lap }) => lap * counted + ranks[index]!
}

/** `undefined` where nobody does anything wrong in this phase. */
export const disturbancesOf = (rules: readonly FaultRule[], place: PhasePlace): Disturbances | undefined => {
  const { plan, number, identities } = place
  const { seed } = plan.options
  const { name } = plan.phases[number]!
  const members = membersOf(rules, { seed, purpose: 'faultGroup' })
  const chosen = rules.flatMap((rule, ruleNumber) => {
    const { fault, phase, probability, every, next } = rule
    if (phase !== undefined && phase !== name) return []
    const isMember = (index: number) => {
      const { deviceName, authMode } = identities.at(index)
      return canCommit(fault, authMode) && members.has(ruleNumber, { index, deviceName })
    }
    const rank = every === undefined && next === undefined ? undefined : rankOf(place, isMember)
    const isMeant = (turn: Turn): boolean => {
      if (next !== undefined) return rank!(turn) < next
      if (every !== undefined) return (rank!(turn) + 1) % every === 0
      return (
        probability === undefined || nth(randomOf({ ...turn, seed, round: number, purpose: 'fault' }), ruleNumber) < probability
      )
    }
    return [(turn: Turn) => (isMember(turn.index) && isMeant(turn) ? fault : undefined)]
  })
  if (chosen.length === 0) return undefined
  return turn => {
    for (const choose of chosen) {
      const fault = choose(turn)
      if (fault) return fault
    }
    return undefined
  }
}
