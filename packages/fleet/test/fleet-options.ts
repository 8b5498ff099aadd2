import { parseOptions } from '@capfkit/codec/options'
import { FLEET_OPTIONS, type FleetOptions } from '../src/index.ts'

/** Options of a fleet: what is given, and the defaults of the table. */
export const fleetOptions = (given: Partial<FleetOptions> = {}): FleetOptions => parseOptions(FLEET_OPTIONS, given)

export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
