import { availableParallelism } from 'node:os'
import type { RunRecord } from '@capfkit/codec/run'
import { parseAddress } from '@capfkit/listen'
import { type DeviceStore, openDeviceStore } from '@capfkit/server'
import { type EmbeddedCluster, startEmbeddedCluster } from '../embedded-cluster.ts'
import { type EmbeddedServer, startEmbeddedServer } from '../embedded-server.ts'
import { FleetError } from '../errors.ts'
import { FleetFile } from '../fleet-file/fleet-file.ts'
import { type Identities, identitiesOf } from '../identity.ts'
import type { FleetOptions } from '../options.ts'
import type { Plan, PlanPhase } from '../plan/plan.ts'
import { countStarts } from '../plan/sequence.ts'
import { clientProcesses } from '../processes.ts'
import type { FleetProgress } from '../progress.ts'
import { runHeader } from '../recording/run-header.ts'
import { type Recording, RunRecording } from '../recording/run-recording.ts'
import { capfCertificateOf, manufacturingCaOf } from '../resume/authorities.ts'
import { fleetFileOf, openRunFolder } from '../resume/run-folder.ts'
import { lockFleet } from '../resume/run-lock.ts'
import { type ManufacturingCa, trustedCertificates, writeRunFiles } from '../run-files.ts'
import { type RunKeys, runKeys } from '../run-keys.ts'
import { checkSourceAddresses, parseSourceAddresses } from '../source-addresses.ts'
import { newTemporaryFolder } from '../temporary-folder.ts'
import type { RunFleetInit } from './run-init.ts'

/** A phase with what is known of it before it begins. */
export type PlannedPhase = PlanPhase & { number: number; total: number | undefined }

/** What a run needs before there is any phone. */
export type RunResources = {
  identities: Identities
  phases: readonly PlannedPhase[]
  fleetFile: FleetFile | undefined
  micCa: ManufacturingCa
  keyPool: RunKeys | undefined
  /** The embedded one. */
  server: EmbeddedServer | undefined
  /** What boots beside it. */
  cluster: EmbeddedCluster | undefined
  target: { host: string; port: number }
  /** The certificates that phones trust. */
  trusted: readonly Buffer[]
  processes: number
  recording: Recording | undefined
  /** Where operations are ordered. */
  storeUrl: string | undefined
  store: DeviceStore | undefined
}

type PrepareInit = {
  plan: Plan
  /** Lets go of all of it, in reverse order. */
  stack: AsyncDisposableStack
  onRecordingFailed: (sentence: string) => void
  onProgress: (progress: FleetProgress) => void
}

/** @throws {FleetError} `FLEET_RUN_GOING`, `FLEET_FILE`. */
const openFleetFile = async (
  options: FleetOptions,
  { stack, onRecordingFailed }: Pick<PrepareInit, 'stack' | 'onRecordingFailed'>,
): Promise<FleetFile | undefined> => {
  const file = fleetFileOf(options)
  if (file === undefined) return undefined
  stack.use(lockFleet(file))
  const fleetFile = stack.use(new FleetFile({ file, onFailure: ({ message }) => onRecordingFailed(message) }))
  fleetFile.recoverKeys()
  await fleetFile.forgetKeys()
  return fleetFile
}

/**
 * Have ready what a run needs before there is any phone: its folder, keys, authorities, server, recording and store.
 *
 * @throws {FleetError}, and the errors of pki and server; the reason of the signal when it aborts meanwhile.
 */
export const prepareRun = async (init: RunFleetInit, prepare: PrepareInit): Promise<RunResources> => {
  const { signal, standing: past, elsewhere } = init
  const { plan, stack, onRecordingFailed, onProgress } = prepare
  const { options } = plan
  const { embedded, out } = options
  const identities = identitiesOf(options)
  const { count } = identities
  const phases = plan.phases.map((phase, number) => ({ ...phase, number, total: countStarts({ plan, number, identities }) }))
  if (!embedded && options.server === undefined) throw new FleetError('FLEET_NO_SERVER', 'fleet run')
  await checkSourceAddresses(parseSourceAddresses(options.sourceAddresses))
  if (out !== undefined) {
    // What is carried out elsewhere goes on from there, and leaves its files here anew.
    const isNew = past === undefined || elsewhere !== undefined
    stack.use(await openRunFolder(out, { plan, isNew, replaces: options.replace || past !== undefined }))
  }
  const fleetFile = await openFleetFile(options, prepare)
  // What a run needs to go on stands with its recording.
  const folder = out ?? stack.use(await newTemporaryFolder()).path
  const micCa = await manufacturingCaOf(fleetFile, options.micCa)
  const told = embedded ? [] : trustedCertificates(options.capfCertificate)
  const keyPool = elsewhere
    ? undefined
    : await runKeys({
        options,
        folder,
        need: phases.reduce((sum, { total = count }) => sum + total, 0),
        signal,
        onProgress: (done, total) => onProgress({ stage: 'keys', done, total }),
      })
  signal?.throwIfAborted()
  if (embedded) onProgress({ stage: 'server' })
  const server = embedded
    ? stack.use(await startEmbeddedServer({ options, folder, micCa, certificate: await capfCertificateOf(fleetFile) }))
    : undefined
  const target = server?.address ?? parseAddress(options.server!)
  const trusted = server ? [server.certificateDer] : told
  if (out !== undefined) await writeRunFiles({ out, micCa, trusted })
  const processes = clientProcesses(plan, { cores: availableParallelism(), phones: count })
  const generation = past?.generation ?? 0
  const header: RunRecord<'Header'> = runHeader({ options, target, phones: count, processes, phases, generation })
  const recordHere = () =>
    out === undefined
      ? undefined
      : RunRecording.begin({ folder: out, header, onFailure: ({ message }) => onRecordingFailed(message) })
  const recording = elsewhere?.record(header) ?? stack.use(await recordHere())
  const storeUrl = server?.storeUrl ?? options.store
  const store = storeUrl === undefined ? undefined : stack.use(openDeviceStore(storeUrl))
  const cluster =
    server && store && options.boot !== '0%' ? stack.use(await startEmbeddedCluster({ options, capf: server, store })) : undefined
  return {
    ...{ identities, phases, fleetFile, micCa, keyPool, server, cluster, target, trusted },
    ...{ processes, recording, storeUrl, store },
  }
}
