import { identitiesOf, needsMic } from '../identity.ts'
import type { Plan } from '../plan/plan.ts'

/** Phones looked at: modes come from weights, or from a list. */
const SAMPLE = 200

/**
 * Whether phones may go to another worker in the middle of a run without losing anything: what a phone has (MIC, LSC and the keys of
 * both) stands in the process that runs it.
 */
export const mayMove = (plan: Plan): boolean => {
  const { phases, options } = plan
  if (phases.length > 1 || phases[0]!.devices === 'again') return false
  const identities = identitiesOf(options)
  for (let index = 0; index < Math.min(SAMPLE, identities.count); index++) if (needsMic(identities.at(index))) return false
  return true
}
