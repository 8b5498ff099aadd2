import { OptionError, parseOptions } from '@capfkit/codec/options'
import type { AuthMode } from '../device.ts'
import { parseAssignments } from '../network/assignments.ts'
import { FAULT_NAMES, FAULTS, type FaultName, faultRowOf } from './faults.ts'

/** One fault with all of its parameters; plain data, which may cross a process boundary. */
export type Fault = { readonly name: FaultName; readonly parameters: Readonly<Record<string, unknown>> }

const isFaultName = (name: string): name is FaultName => Object.hasOwn(FAULTS, name)

/** Check the parameters of a fault and fill in its defaults. @throws {OptionError} */
export const newFault = (name: FaultName, given: Readonly<Record<string, unknown>> = {}): Fault => ({
  name,
  parameters: parseOptions(faultRowOf(name).parameters, given),
})

/** How a fault is written. */
export const FAULT_RANGE = 'NAME[:PARAMETER=VALUE,…]'

/** Read `reset` or `reset:at=KEY_GENERATE_RESPONSE,when=after`. @throws {OptionError} that lists every mistake. */
export const parseFault = (text: string): Fault => {
  const [, name = '', words = ''] = /^([^:]*):?(.*)$/s.exec(text.trim()) ?? []
  if (!isFaultName(name)) {
    const sentence = `fault knows ${FAULT_NAMES.join(', ')}; got ${JSON.stringify(name)}`
    throw new OptionError([{ code: 'CONFIG_UNKNOWN', name: 'fault', sentence }])
  }
  return newFault(name, parseAssignments(words, { table: faultRowOf(name).parameters, name }))
}

/** Whether a phone that authenticates like this can do it. */
export const canCommit = ({ name }: Pick<Fault, 'name'>, authMode: AuthMode): boolean =>
  faultRowOf(name).modes?.includes(authMode) ?? true

/** How many sessions one operation with this fault has. */
export const sessionsOf = ({ name, parameters }: Fault): number => faultRowOf(name).sessions?.(parameters as never) ?? 1
