import type { DeviceStore } from '@capfkit/server'
import type { EncodedPhone } from '../fleet-file/kept.ts'
import { type Identities, identitiesOf } from '../identity.ts'
import type { Plan } from '../plan/plan.ts'
import { recoverSlice } from './recover-slice.ts'
import type { RunJob } from './run-job.ts'
import type { Told } from './slice-messages.ts'
import type { WorkerStore } from './worker-store.ts'

export type SliceTakeoverInit = {
  store: WorkerStore
  /** Says what the server has done. */
  devices: DeviceStore
  plan: Plan
  job: RunJob
  slices: number
  /** To take over takes its time: called now and then. */
  meanwhile: () => Promise<void>
  /** Hears what was found to be done. */
  onRecovered: (told: Told) => void
}

/** Finds out, for slices that a worker takes, how far others came with them. */
export class SliceTakeover {
  readonly #init: SliceTakeoverInit
  readonly #identities: Identities

  constructor(init: SliceTakeoverInit) {
    this.#init = init
    this.#identities = identitiesOf(init.plan.options)
  }

  /**
   * @param at.phase  of the run; `phaseDone`: the last one that the slice is through with.
   * @returns how many turns of each phone are over in this phase (absent where nobody had the slice in it), and what its phones have.
   */
  async find({ slice, phase, phaseDone }: { slice: number; phase: number; phaseDone: number }): Promise<{
    laps: ReadonlyMap<number, number> | undefined
    phones: readonly EncodedPhone[]
  }> {
    const { store, devices, plan, job, slices, meanwhile, onRecovered } = this.#init
    const phones = job.keepsPhones ? await this.#phonesOf(slice) : undefined
    await meanwhile()
    const laps = phaseDone < phase ? await store.laps({ phase, slice, slices }) : undefined
    if (laps && job.ordered)
      onRecovered(
        await recoverSlice(devices, { plan, identities: this.#identities, number: phase, slice, slices, laps, phones, meanwhile }),
      )
    return { laps, phones: [...(phones?.values() ?? [])] }
  }

  /** By name. */
  async #phonesOf(slice: number): Promise<Map<string, EncodedPhone>> {
    const { store, slices } = this.#init
    const names: string[] = []
    for (let index = slice; index < this.#identities.count; index += slices) names.push(this.#identities.at(index).deviceName)
    return new Map((await store.phones(names)).map(phone => [phone.deviceName, phone]))
  }
}
