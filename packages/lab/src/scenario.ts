import type { FindingName } from '@capfkit/diagnose'
import type { EvidenceKind } from './scenario-evidence.ts'
import type { Stage, StageWish } from './scenarios/stage/stage.ts'

/** What must be read in the evidence, by its kind: pieces of text, in any order. */
export type Shows = { readonly [K in EvidenceKind]?: readonly string[] } & {
  /** tkCertificateStatus of every device in the order of their names; one number for all of them. */
  readonly statuses?: number | readonly number[]
  /** What must not be read. */
  readonly lacks?: { readonly [K in EvidenceKind]?: readonly string[] }
}

/**
 * One failure that the laboratory can cause. Why it looks as it does, and what an operator does about it, stand in the row of
 * the same name in `FINDINGS`; here is what happens on the stage.
 */
export type Scenario = {
  readonly name: FindingName
  /** What is done to a cluster that works. */
  readonly broken: string
  /** How the cluster differs from its start; a cluster that works without it. */
  readonly stage?: StageWish
  /** Have it happen, with real parties. */
  readonly cause: (stage: Stage) => Promise<void>
  /** How people notice. */
  readonly shows: Shows
  /** What is done about it on the stage. */
  readonly cured: string
  readonly cure: (stage: Stage) => Promise<void>
  /** How they see that it is over. Default: every device has its certificate. */
  readonly after?: Shows
}
