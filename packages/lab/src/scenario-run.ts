import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FindingName } from '@capfkit/diagnose'
import type { Scenario, Shows } from './scenario.ts'
import { collectEvidence, EVIDENCE, type Evidence, type EvidenceKind, textOf } from './scenario-evidence.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { KeyRing } from './scenarios/stage/key-ring.ts'
import { Stage } from './scenarios/stage/stage.ts'

export type RunInit = {
  /** Where the evidence goes: of the failure into this folder, of the cure into `after` in it. It is made when missing. */
  readonly evidence?: string
  /** Give scenarios that run in one process the same: keys cost most of the time. */
  readonly keys?: KeyRing
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
  readonly ms: number
  /** Of the failure, as they are called in the folder. */
  readonly files: readonly string[]
  /** Why the scenario could not be played at all. */
  readonly error?: string
}

/** How long what parties write at their leisure, after a phone has gone, may take. */
const PATIENCE_MS = 4_000
const LOOK_AGAIN_MS = 25
const CURED: Shows = { statuses: 3 }

const isKind = (name: string): name is EvidenceKind => Object.hasOwn(EVIDENCE, name)

/** tkCertificateStatus of each line of the device table. */
const statusesIn = (evidence: Evidence): number[] => {
  const [head = '', ...rows] = textOf(evidence, 'devices').trimEnd().split('\n')
  const column = head.split(',').indexOf('tkcertificatestatus')
  return rows.map(row => Number(row.split(',')[column]))
}

/** What of it cannot be read in the evidence, in words. */
const missingIn = (evidence: Evidence, { statuses, lacks = {}, ...pieces }: Shows): string[] => {
  const missing = Object.entries(pieces).flatMap(([kind, texts]) =>
    isKind(kind) ? texts.filter(text => !textOf(evidence, kind).includes(text)).map(text => `${kind}: ${text}`) : [],
  )
  const present = Object.entries(lacks).flatMap(([kind, texts]) =>
    isKind(kind) ? texts.filter(text => textOf(evidence, kind).includes(text)).map(text => `${kind}, not wanted: ${text}`) : [],
  )
  const found = statusesIn(evidence)
  const wanted = typeof statuses === 'number' ? found.map(() => statuses) : statuses
  const isRight = wanted === undefined || (found.length > 0 && wanted.join() === found.join())
  return [...missing, ...present, ...(isRight ? [] : [`devices: status ${wanted?.join()}, not ${found.join()}`])]
}

type Seen = { readonly evidence: Evidence; readonly missing: readonly string[] }

/** Look until everything is there. */
const look = async (stage: Stage, shows: Shows): Promise<Seen> => {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const evidence = await collectEvidence(stage)
    const missing = missingIn(evidence, shows)
    if (missing.length === 0 || performance.now() > until) return { evidence, missing }
    await delay(LOOK_AGAIN_MS)
  }
}

const write = async (folder: string | undefined, evidence: Evidence): Promise<string[]> => {
  const files = Object.values(evidence).flat()
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true })
    for (const { file, text } of files) await writeFile(join(folder, file), text)
  }
  return files.map(({ file }) => file)
}

const play = async (scenario: Scenario, { evidence: folder, keys = new KeyRing() }: RunInit) => {
  await using stage = await Stage.open(scenario.stage ?? {}, keys)
  await scenario.cause(stage)
  const before = await look(stage, scenario.shows)
  const files = await write(folder, before.evidence)
  stage.clearLogs()
  await scenario.cure(stage)
  const after = await look(stage, scenario.after ?? CURED)
  await write(folder && join(folder, 'after'), after.evidence)
  return { missing: before.missing, missingAfter: after.missing, files }
}

/**
 * Cause a failure with real parties on loopback, see that it shows what it must, write what an operator would collect, cure it
 * and see the success. Never rejects for what goes wrong on the stage.
 *
 * @throws Error of the file system, where the evidence cannot be written.
 */
export const runScenario = async (name: FindingName, init: RunInit = {}): Promise<ScenarioResult> => {
  const startedAt = performance.now()
  const took = () => Math.round(performance.now() - startedAt)
  const { evidence: folder } = init
  if (folder !== undefined) await rm(join(folder, 'after'), { recursive: true, force: true })
  try {
    const played = await play(SCENARIOS[name], init)
    const ok = played.missing.length === 0 && played.missingAfter.length === 0
    return { name, ok, ...played, ms: took() }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return { name, ok: false, missing: [], missingAfter: [], files: [], ms: took(), error: words }
  }
}
