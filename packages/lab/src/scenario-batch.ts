import { join } from 'node:path'
import type { FindingName } from '@capfkit/diagnose'
import { type RunInit, runScenario, type ScenarioResult } from './scenario-run.ts'
import { KeyRing } from './scenarios/stage/key-ring.ts'

export type BatchInit = Pick<RunInit, 'keys'> & {
  /** Where the evidence goes: each scenario into a folder of its name. */
  readonly evidence?: string
  /** Scenarios at once, each with a cluster of its own. Default 4: they wait more than they work. */
  readonly atOnce?: number
  /** No further scenario is begun; those that run end. */
  readonly signal?: AbortSignal
  /** Hears of each as it ends. */
  readonly onResult?: (result: ScenarioResult) => void
}

/** Play several scenarios, in this process. The results are in the order of the names; of those not begun there is none. */
export const runScenarios = async (names: readonly FindingName[], init: BatchInit = {}): Promise<readonly ScenarioResult[]> => {
  const { evidence, atOnce = 4, signal, onResult, keys = new KeyRing() } = init
  const results = new Map<FindingName, ScenarioResult>()
  const waiting = [...names]
  const playOn = async () => {
    for (let name = waiting.shift(); name !== undefined && !signal?.aborted; name = waiting.shift()) {
      const result = await runScenario(name, { keys, ...(evidence === undefined ? {} : { evidence: join(evidence, name) }) })
      results.set(name, result)
      onResult?.(result)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, playOn))
  return names.flatMap(name => results.get(name) ?? [])
}
