import { randomUUID } from 'node:crypto'
import { parseOptions } from '@capfkit/codec/options'
import type { Connections } from '@capfkit/server'
import { FleetError } from '../errors.ts'
import { FLEET_OPTIONS } from '../options.ts'
import type { RunStanding } from '../resume/run-standing.ts'
import type { RunFleetInit } from '../run-fleet.ts'
import type { FleetSummary } from '../summary.ts'
import { Tally } from '../tally.ts'
import { newTemporaryFolder } from '../temporary-folder.ts'
import { CoordinatorStore } from './coordinator-store.ts'
import { type GivenFiles, writeGiven } from './given-files.ts'
import { LEASE_MS } from './lease.ts'
import { type CoordinatorInit, lead } from './run-distributed.ts'
import { AS_PLANNED, type RunRow, runFrom, statement } from './run-store.ts'
import { openFleetDatabase } from './schema.ts'
import { StorePatience } from './store-patience.ts'

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

/** How far it had come. What was counted of its last phase, the workers tell anew: they are heard from their first word on. */
const standingOf = async (store: CoordinatorStore, found: RunRow): Promise<RunStanding> => {
  const phase = Math.max(0, found.phase)
  return {
    generation: 0,
    phase,
    // Where each slice goes on is known to the worker that takes it.
    standing: { had: new Uint8Array(), turns: await store.turns(phase), elapsedMs: 0 },
    ordered: found.ordered >= phase,
    tally: new Tally(),
    rounds: found.rounds.slice(0, phase),
    keys: { pooled: 0, generated: 0 },
    target: '',
  }
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
  const patience = new StorePatience(coordinator.onSay)
  const connections = openFleetDatabase(coordinator.store, patience)
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
  patience.begin(found.id)
  const standing = await standingOf(store, found)
  return await lead({ ...steered, options: all, plan, standing }, { coordinator, patience, store, found })
}
