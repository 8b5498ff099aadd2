import type { RunRecord } from '@capfkit/codec/run'
import type { ClientsInit } from '../clients.ts'
import type { FleetControl } from '../control.ts'
import type { FleetFile } from '../fleet-file/fleet-file.ts'
import type { Identities } from '../identity.ts'
import type { FleetOptions } from '../options.ts'
import type { PhoneRunner } from '../phone-runner.ts'
import type { Plan } from '../plan/plan.ts'
import type { FleetProgress } from '../progress.ts'
import type { EndedLately } from '../recording/recent-ends.ts'
import type { Recording } from '../recording/run-recording.ts'
import type { RunStanding } from '../resume/run-standing.ts'

/** Where a run is that others than processes of this machine carry out. */
export type RunElsewhere = {
  runner(hooks: ClientsInit): PhoneRunner
  /** Do what may be done twice, until the store of the run has taken it. */
  whenBack<T>(work: () => Promise<T>): Promise<T>
  /** Everything of this phase is ordered. */
  ordered(phase: number): Promise<void>
  record(header: RunRecord<'Header'>): Recording
  /** The phones have there what they have by this file. */
  givePhones(file: FleetFile, identities: Identities): Promise<void>
  /** The file has what they have there. */
  takePhones(file: FleetFile): Promise<void>
}

export type RunFleetInit = {
  /** Values of `FLEET_OPTIONS`. */
  options: Partial<FleetOptions>
  /** What only a plan file can say; without it the options make the phases. */
  plan?: Partial<Omit<Plan, 'options'>>
  /** How far the run had come in an earlier process: it goes on from there. `resumeFleet` finds that out. */
  standing?: RunStanding
  /** Without it the phones run here. */
  elsewhere?: RunElsewhere
  /** Steers the run while it runs. */
  control?: FleetControl
  /** Stops the run: nothing more starts, what runs may end. */
  signal?: AbortSignal
  onProgress?: (progress: FleetProgress) => void
  /** Hears of single operations once a second: of each process the newest that ended, and the newest that failed. */
  onEnded?: (ended: EndedLately) => void
}
