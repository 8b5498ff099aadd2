import type { OptionsOf } from '@capfkit/codec/options'
import { FAULT_RANGE, type Fault, parseFault } from '@capfkit/phone'
import { RULE_OPTIONS, readClauses, splitClauses } from './rule-rows.ts'

/** Which phones do what wrong, and when. The first rule that fits an operation is taken. */
export type FaultRule = OptionsOf<typeof RULE_OPTIONS> & { readonly fault: Fault }

export const FAULT_RULE_RANGE = `${FAULT_RANGE}[; ${Object.keys(RULE_OPTIONS)
  .map(name => `${name}=…`)
  .join('; ')}]`

/** Read `reset:at=KEY_GENERATE_RESPONSE; phones=SEP02*; every=10`. @throws {OptionError} */
export const parseFaultRule = (text: string): FaultRule => {
  const { first, clauses } = splitClauses(text)
  return { ...readClauses(clauses, { table: RULE_OPTIONS, name: 'fault' }), fault: parseFault(first) }
}
