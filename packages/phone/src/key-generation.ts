import type { KeySpec } from '@capfkit/pki'
import type { Device, MadeKey } from './device.ts'
import type { Environment } from './environment.ts'
import { modelledKeyMs } from './models.ts'

export type KeyJob = { device: Device; environment: Environment; spec: KeySpec; signal: AbortSignal }

/** How long the phone pretends to be busy, in ms. */
const pretendedMs = ({ device, environment, spec }: KeyJob): number => {
  const { keyGenerationDelayMs } = device.options
  const given = environment.keyGenerationMs?.(spec)
  if (given !== undefined) return given
  return keyGenerationDelayMs >= 0
    ? keyGenerationDelayMs
    : modelledKeyMs({ model: device.model, spec, random: environment.random() })
}

/** The key pair of this enrolment, not before the pretended time has passed. @throws what `makeKey` throws, or an AbortError */
export const generateKey = async (job: KeyJob): Promise<MadeKey> => {
  const { device, environment, spec, signal } = job
  const ms = pretendedMs(job)
  const key = environment.makeKey(spec, { deviceName: device.deviceName, signal })
  if (ms <= 0) return key
  const [made] = await Promise.all([key, environment.delay(ms, signal)])
  return made
}
