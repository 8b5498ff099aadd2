import { randomUUID } from 'node:crypto'
import { parseOptions } from '@capfkit/codec/options'
import type { Connections } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import { FLEET_OPTIONS } from '../options.ts'
import type { Plan } from '../plan/plan.ts'
import type { RunStanding } from '../resume/run-standing.ts'
import type { RunFleetInit } from '../run-fleet.ts'
import type { FleetSummary, RoundSummary } from '../summary.ts'
import { Tally } from '../tally.ts'
import { newTemporaryFolder } from '../temporary-folder.ts'
import { CoordinatorStore } from './coordinator-store.ts'
import { type GivenFiles, writeGiven } from './given-files.ts'
import { type CoordinatorInit, LEASE_MS, lead } from './run-distributed.ts'
import { AS_PLANNED, type RunRow, runFrom, statement } from './run-store.ts'
import { openFleetDatabase } from './schema.ts'

export type ResumeDistributedInit = Pick<RunFleetInit, 'control' | 'signal' | 'onProgress' | 'onEnded'> & {
  coordinator: CoordinatorInit
  /** Which run of the store; the newest without it. */
  run?: string | undefined
  /** Where its files go, if anywhere. */
  out?: string | undefined
  /** The file in which its phones are kept, if there is one. */
  fleet?: string | undefined
}

const findRun = async (connections: Connections, id: string | undefined): Promise<RunRow> => {
  const { rows } = await connections.run(id === undefined ? statement('newestRun', []) : statement('run', [id]))
  const found = runFrom(rows[0])
  if (!found) throw new FleetError('FLEET_NO_RUN', id === undefined ? connections.place : `run ${id}`)
  if (found.state === 'ended') throw new FleetError('FLEET_NOTHING_LEFT', `run ${found.id}`)
  return found
}

/** What was counted of a phase before its coordinator was gone, as a round. */
const begunRound = (phase: { name: string; tally: Tally; seconds: number; cpuMs: number }): RoundSummary => {
  const { name, tally, seconds, cpuMs } = phase
  return { operation: name, done: tally.done, failed: tally.failed, seconds, generatorCpuMs: cpuMs }
}

const standingOf = async (
  store: CoordinatorStore,
  { found, plan }: { found: RunRow; plan: Plan },
): Promise<{ standing: RunStanding; takenUpMs: number }> => {
  const phase = Math.max(0, found.phase)
  const rounds = [...found.rounds]
  const tally = new Tally()
  let [lastMs, cpuMs] = [found.beganMs ?? 0, 0]
  for (const report of await store.reports(new Map())) {
    if (report.phase !== phase) continue
    lastMs = Math.max(lastMs, report.atMs)
    for (const { since } of report.told) {
      tally.add(Tally.decode(since.tally))
      cpuMs += since.health.recent.cpuMs
    }
  }
  const seconds = Math.max(0, lastMs - (found.beganMs ?? lastMs)) / 1000
  if (found.phase >= 0 && !rounds[phase]) rounds[phase] = begunRound({ name: plan.phases[phase]!.name, tally, seconds, cpuMs })
  const standing = {
    generation: 0,
    phase,
    standing: { had: new Uint8Array(), turns: tally.ended + tally.skipped, elapsedMs: 1000 * seconds },
    ordered: found.ordered >= phase,
    // Workers are heard from their first word on.
    tally: new Tally(),
    rounds,
    keys: { pooled: 0, generated: 0 },
    target: '',
  }
  return { standing, takenUpMs: lastMs - found.createdMs }
}

/**
 * Lead a distributed run whose coordinator is gone, or that was stopped: what was done is in the store, and workers that are still
 * there have gone on meanwhile.
 *
 * @throws {FleetError} `FLEET_NO_RUN`, `FLEET_NOTHING_LEFT`, `FLEET_RUN_GOING`, `FLEET_OTHER_VERSION`, and what `runFleet` throws.
 */
export const resumeDistributed = async (init: ResumeDistributedInit): Promise<FleetSummary> => {
  const { coordinator, run, out, fleet, ...steered } = init
  await using stack = new AsyncDisposableStack()
  const connections = openFleetDatabase(coordinator.store)
  stack.defer(() => connections.close())
  const found = await findRun(connections, run)
  if (found.version !== coordinator.version) {
    const cause = new Error(`the run was begun by version ${found.version}, this is version ${coordinator.version}`)
    throw new FleetError('FLEET_OTHER_VERSION', `run ${found.id}`, { cause })
  }
  const store = new CoordinatorStore(connections, { run: found.id, token: randomUUID(), leaseMs: coordinator.leaseMs ?? LEASE_MS })
  const { plan: told, job } = await store.given()
  const files: GivenFiles = await writeGiven(stack.use(await newTemporaryFolder()).path, job)
  const { options, ...plan } = told
  const where = { ...(out === undefined ? {} : { out }), ...(fleet === undefined ? {} : { fleet }) }
  const all = parseOptions(FLEET_OPTIONS, { ...options, ...files, store: coordinator.store, ...where })
  const { draining, stopping } = found.pace
  const anew = found.state === 'stopped' || draining || stopping
  await store.adopt({ pace: AS_PLANNED, anew })
  const { standing, takenUpMs } = await standingOf(store, { found, plan: { options: all, ...plan } })
  return await lead({ ...steered, options: all, plan, standing }, { coordinator, connections, store, found: { found, takenUpMs } })
}
