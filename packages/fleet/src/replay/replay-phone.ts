import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openKeyPool } from '@capfkit/pki'
import { FleetEngine } from '../engine.ts'
import { FleetError } from '../errors.ts'
import { type Identities, identitiesOf, type PhoneIdentity } from '../identity.ts'
import { KeySource } from '../key-source.ts'
import { PhoneLog } from '../live/phone-log.ts'
import type { TimelineOperation } from '../live/phone-timeline.ts'
import { deviceOf, orderStart } from '../orders.ts'
import type { Plan } from '../plan/plan.ts'
import { operationOf, type PlannedStart, phaseStarts } from '../plan/sequence.ts'
import { RUN_FOLDER_FILES } from '../resume/run-folder.ts'
import { readSavedPlan } from '../resume/saved-plan.ts'
import { withStore } from '../resume/saved-store.ts'
import { manufacturingCa } from '../run-files.ts'
import { differencesOf, type ReplayDifference } from './differences.ts'
import { type PlayedTurn, ReplayRecorder } from './replay-recorder.ts'
import { openReplayTarget } from './replay-target.ts'

/** One turn of the phone: as it was recorded, if it was, and as it is now. */
export type ReplayedTurn = {
  /** From 0, with its name. */
  readonly phase: number
  readonly phaseName: string
  /** How often the phone had had its turn in this phase before. */
  readonly lap: number
  /** When it was due, ms from the beginning of the phase; 0 in a closed model. */
  readonly dueMs: number
  readonly recorded: TimelineOperation | undefined
  readonly played: PlayedTurn
  readonly differences: readonly ReplayDifference[]
}

/** What the seed of the run makes of this phone, and how it went. */
export type Replay = {
  readonly version: 1
  readonly seed: number
  readonly identity: Omit<PhoneIdentity, 'authString'>
  readonly turns: readonly ReplayedTurn[]
}

/** More laps of a phase than this are not played again. */
const MOST_LAPS = 20

const findPhone = ({ count, at }: Identities, { name, folder }: { name: string; folder: string }) => {
  for (let index = 0; index < count; index++) {
    const identity = at(index)
    if (identity.deviceName.toLowerCase() === name.toLowerCase()) return { index, identity }
  }
  throw new FleetError('FLEET_NO_PHONE', folder, { cause: new Error(`${name} is none of its ${count} phones`) })
}

/** The turn of a phone in a phase, as the schedule of the whole fleet has it. */
const firstTurn = (place: { plan: Plan; number: number; identities: Identities }, index: number) => {
  for (const start of phaseStarts(place)) {
    if (start.item.index === index) return start
    if (start.item.lap > 0) return undefined
  }
  return undefined
}

type Turn = { number: number; start: PlannedStart; dueMs: number; recorded: TimelineOperation | undefined }

/** Every turn of the phone in the order of the plan; where it comes again, as often as is on record. */
function* turnsOf(
  { plan, identities, index }: { plan: Plan; identities: Identities; index: number },
  recorded: readonly TimelineOperation[],
): Iterable<Turn> {
  for (const [number, phase] of plan.phases.entries()) {
    const first = firstTurn({ plan, number, identities }, index)
    if (!first) continue
    const there = recorded.filter(operation => operation.phase === number)
    const laps = phase.devices === 'once' ? 1 : Math.min(MOST_LAPS, Math.max(1, there.length))
    for (let lap = 0; lap < laps; lap++) {
      const operation = operationOf(phase, { seed: plan.options.seed, index, round: number, lap })
      // Of a turn that was cut off and had again, the one that ended.
      const of = phase.devices === 'once' ? there.at(-1) : there[lap]
      yield { number, start: { index, lap, operation }, dueMs: lap === 0 ? first.dueMs : 0, recorded: of }
    }
  }
}

/**
 * Play one phone of a recorded run again, with everything that the seed of the run decided: who it is, how it authenticates, which
 * operations and keys are ordered, how long it takes, what it does wrong. Not repeated is what others did at the same time.
 *
 * @param init.onTurn  hears of each turn when it has ended.
 * @throws {FleetError} `FLEET_NO_PLAN`, `FLEET_NO_PASSWORD`, `FLEET_NO_PHONE`, and what stops any run; {RunError} when the recording cannot be read; the
 *   reason of the signal.
 */
export const replayPhone = async (init: {
  folder: string
  deviceName: string
  /** The database of the run with its password, which is not kept in its folder. */
  store?: string | undefined
  signal?: AbortSignal
  onTurn?: (turn: ReplayedTurn) => void
}): Promise<Replay> => {
  const { folder, deviceName: name, signal = new AbortController().signal, onTurn } = init
  const plan = await withStore(readSavedPlan(folder), init.store)
  const { options } = plan
  const identities = identitiesOf(options)
  const { index, identity } = findPhone(identities, { name, folder })
  const log = new PhoneLog({ folder, phaseNames: () => plan.phases.map(phase => phase.name) })
  const { operations } = await log.phone(identity.deviceName, signal)
  const micCa = await manufacturingCa(join(folder, 'mic-ca.pem'))
  await using target = await openReplayTarget(options, micCa)
  const { store } = target
  const poolFile = join(folder, RUN_FOLDER_FILES.keys)
  await using pool = existsSync(poolFile) ? await openKeyPool(poolFile) : undefined
  const keys = new KeySource({ pool, first: 0, step: 1 })
  const recorder = new ReplayRecorder()
  const engine = new FleetEngine({
    ...target,
    plan,
    micCa,
    keys,
    recorder,
    first: index,
    step: identities.count,
    ordered: store !== undefined,
  })
  const stop = () => engine.stop(0)
  signal.addEventListener('abort', stop, { once: true })
  await store?.add([deviceOf(identity)], { replace: true })
  const turns: ReplayedTurn[] = []
  for (const { number, start, dueMs, recorded } of turnsOf({ plan, identities, index }, operations)) {
    signal.throwIfAborted()
    if (store) await orderStart(store, { plan, number, identity, start })
    await engine.repeatTurn(start, number)
    const played = recorder.take()!
    const phaseName = plan.phases[number]!.name
    const differences = recorded ? differencesOf(recorded, played) : []
    const turn = { phase: number, phaseName, lap: start.lap, dueMs, recorded, played, differences }
    turns.push(turn)
    onTurn?.(turn)
  }
  signal.removeEventListener('abort', stop)
  // What authenticates the phone is nobody's business.
  const { authString: _, ...shown } = identity
  return { version: 1, seed: options.seed, identity: shown, turns }
}
