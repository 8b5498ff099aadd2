import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FindingName } from '@capfkit/diagnose'
import type { Scenario, Shows } from './scenario.ts'
import { type Checked, checkEvidence, type SeenLine } from './scenario-check.ts'
import { collectEvidence, type Evidence } from './scenario-evidence.ts'
import { AFTER, clearEvidence, writeEvidence } from './scenario-folder.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { KeyRing } from './scenarios/stage/key-ring.ts'
import { Stage } from './scenarios/stage/stage.ts'

export type RunInit = {
  /** Where the evidence goes: of the failure into this folder, of the cure into `after` in it. It is made when missing. */
  readonly evidence?: string
  /** Give scenarios that run in one process the same: keys cost most of the time. */
  readonly keys?: KeyRing
  /** How long what parties write at their leisure, after a phone has gone, may take. Default 4000 ms. */
  readonly patienceMs?: number
}

/** What became of a scenario. */
export type ScenarioResult = {
  readonly name: FindingName
  /** Everything that it must show was shown, before the cure and after it. */
  readonly ok: boolean
  /** What was not to be read, or was and must not be; in words. */
  readonly missing: readonly string[]
  /** The same after the cure. */
  readonly missingAfter: readonly string[]
  /** The lines by which people notice the failure. */
  readonly seen: readonly SeenLine[]
  /** The arrival curve, where the scenario has one: lines of text. */
  readonly chart?: string
  readonly ms: number
  /** Evidence of the failure, as the files are called. */
  readonly files: readonly string[]
  /** Why the scenario could not be played at all. */
  readonly error?: string
}

const PATIENCE_MS = 4_000
const LOOK_AGAIN_MS = 25
const CURED: Shows = { statuses: 3 }
/** Scenarios over time leave their curve under this name. */
const CHART_FILE = 'arrivals.txt'

/** Look until everything is there. */
const look = async (
  shows: Shows,
  { stage, patienceMs }: { stage: Stage; patienceMs: number },
): Promise<Checked & { readonly evidence: Evidence }> => {
  const until = performance.now() + patienceMs
  for (;;) {
    const evidence = await collectEvidence(stage)
    const checked = checkEvidence(evidence, shows)
    if (checked.missing.length === 0 || performance.now() > until) return { evidence, ...checked }
    await delay(LOOK_AGAIN_MS)
  }
}

const play = async (scenario: Scenario, { evidence: folder, keys = new KeyRing(), patienceMs = PATIENCE_MS }: RunInit) => {
  await using stage = await Stage.open(scenario.stage ?? {}, keys)
  await scenario.cause(stage)
  const { missing, seen, evidence } = await look(scenario.shows, { stage, patienceMs })
  if (folder !== undefined) await writeEvidence(folder, evidence)
  const chart = stage.papers.get(CHART_FILE)
  stage.clearLogs()
  await scenario.cure(stage)
  const after = await look(scenario.after ?? CURED, { stage, patienceMs })
  if (folder !== undefined) await writeEvidence(join(folder, AFTER), after.evidence)
  const files = Object.values(evidence).flatMap(kind => kind.map(({ file }) => file))
  return { missing, missingAfter: after.missing, seen, files, ...(chart === undefined ? {} : { chart }) }
}

/**
 * Cause a failure with real parties on loopback, see that it shows what it must, write what an operator would collect, cure it
 * and see the success. What goes wrong on the stage, and a folder that cannot be written to, is in the result.
 *
 * @param what  a name of the catalogue, or a scenario of your own.
 */
export const runScenario = async (what: FindingName | Scenario, init: RunInit = {}): Promise<ScenarioResult> => {
  const scenario: Scenario = typeof what === 'string' ? SCENARIOS[what] : what
  const { name } = scenario
  const { evidence: folder } = init
  const startedAt = performance.now()
  const took = () => Math.round(performance.now() - startedAt)
  try {
    if (folder !== undefined) await clearEvidence(folder)
    const played = await play(scenario, init)
    const ok = played.missing.length === 0 && played.missingAfter.length === 0
    return { name, ok, ...played, ms: took() }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return { name, ok: false, missing: [], missingAfter: [], seen: [], files: [], ms: took(), error: words }
  }
}
