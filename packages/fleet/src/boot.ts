import type { BootOptions, BootResult } from '@capfkit/phone'
import type { FailurePlace } from './phases.ts'
import { randomOf } from './random.ts'
import type { Counted } from './tally.ts'

/** Where phones boot from: the file server, and the ports of it and of CAPF. */
export type BootTarget = { readonly host: string; readonly options: Partial<BootOptions> }

/** `30%`, checked by the table of options. */
export const shareOf = (percent: string): number => Number(percent.slice(0, -1)) / 100

/** Whether this phone boots in full; drawn from the seed like everything else that it is. */
export const doesBoot = ({ seed, index, share }: { seed: number; index: number; share: number }): boolean =>
  share > 0 && randomOf({ seed, index, purpose: 'boot' })() < share

const placeOf = ({ failure, capf }: BootResult & { failure: NonNullable<BootResult['failure']> }): FailurePlace =>
  failure.step === 'capf' && capf?.failure ? capf.failure.phase : failure.step

/** A boot as it is counted: its phases with those of its CAPF session, and the operation of that. */
export const countedBoot = (result: BootResult): Pick<Counted, 'phasesMs' | 'failure'> => {
  const { capf, failure, phasesMs } = result
  const names = [phasesMs.dns, capf?.phasesMs.dns].filter(ms => ms !== undefined)
  const dns = names.length > 0 ? { dns: names.reduce((sum, ms) => sum + ms, 0) } : {}
  return {
    phasesMs: { ...phasesMs, ...capf?.phasesMs, ...dns },
    failure: failure && {
      side: failure.side,
      phase: placeOf({ ...result, failure }),
      reason: failure.code,
      detail: failure.detail,
    },
  }
}
