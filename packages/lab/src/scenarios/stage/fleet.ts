import type { NewDevice } from '@capfkit/server'
import { Arrivals } from './arrivals.ts'
import type { Stage } from './stage.ts'
import type { StagePhone } from './stage-phone.ts'

/** Phones of a site that fits into a test; a real one has a thousand, and the same curve. */
export const SITE_PHONES = 24

/** The quickest phone is back after this time; the others follow as an exponential distribution has it. */
const FIRST_MS = 45_000
const MEAN_MORE_MS = 40_000

/** When phones that are reset at one moment come back, ms from then, the first one first. */
export const comeBackMs = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => FIRST_MS - MEAN_MORE_MS * Math.log(1 - (index + 0.5) / count))

/** A site whose phones all have their LSCs. What was said on the way is forgotten. */
export const openSite = async (stage: Stage, device: Omit<NewDevice, 'name'> = {}): Promise<void> => {
  for (let index = 0; index < SITE_PHONES; index++) await stage.enrol(stage.newPhone(), device)
  stage.clearLogs()
}

export type ResetInit = {
  /** Phones are reset in so many groups, one behind the other. Default 1: all at one moment. */
  readonly groups?: number
  readonly groupEveryMs?: number
}

/** Reset every phone; each boots when it comes back, on the clock of the stage. */
export const resetSite = async (stage: Stage, { groups = 1, groupEveryMs = 0 }: ResetInit = {}): Promise<Arrivals> => {
  const arrivals = new Arrivals()
  const startMs = stage.clock.nowMs()
  const size = Math.ceil(stage.phones.length / groups)
  const after = comeBackMs(size)
  const due = stage.phones
    .map((phone, index): { phone: StagePhone; at: number } => ({
      phone,
      at: startMs + Math.floor(index / size) * groupEveryMs + after[index % size]!,
    }))
    .toSorted((a, b) => a.at - b.at)
  for (const { phone, at } of due) {
    stage.clock.turn(Math.max(0, at - stage.clock.nowMs()))
    arrivals.note({ at, who: phone.name, what: 'boot' })
    await stage.boot(phone)
    const { lsc } = phone.result?.capf ?? {}
    if (lsc === 'installed') arrivals.note({ at: stage.clock.nowMs(), who: phone.name, what: 'LSC installed' })
  }
  return arrivals
}
