import type { Device } from '../device.ts'
import type { Environment } from '../environment.ts'
import { Disturbance, type DisturbanceOrder } from './disturbance.ts'
import { faultRowOf } from './faults.ts'
import { forgeWith } from './forge.ts'
import type { Play } from './play.ts'

export type FaultContext = {
  readonly device: Device
  readonly environment: Environment
  /** Of the last session of this phone that had one. */
  readonly earlierSessionId: number | undefined
}

/** Prepare the next session of a phone that misbehaves. @throws {PkiError} when a certificate cannot be forged. */
export const beginFault = async (
  { fault, random, forge }: DisturbanceOrder,
  { device, environment, earlierSessionId }: FaultContext,
): Promise<{ disturbance: Disturbance; play: Play }> => {
  const play = await faultRowOf(fault.name).play({
    parameters: fault.parameters as never,
    device,
    tls: environment.tls,
    random: random ?? environment.random,
    now: environment.now,
    earlierSessionId,
    forge: forge ?? forgeWith({ model: device.model.product ?? '' }),
  })
  return { disturbance: new Disturbance({ fault, play, environment }), play }
}
