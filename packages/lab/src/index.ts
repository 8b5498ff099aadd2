export { Cluster, type ClusterInit, startCluster } from './cluster.ts'
export { type ClusterCertificates, newClusterCertificates } from './cluster-certificates.ts'
export { LabClock } from './lab-clock.ts'
export { LAB_FILES, type LabFile, type Listening, labFile } from './lab-files.ts'
export { LyingResolver, PUBLISHER } from './lying-resolver.ts'
export { enrolOverEst } from './online-ca.ts'
export {
  type AdcsPart,
  newEstClient,
  type OnlineChain,
  type OnlineChainInit,
  type RaPart,
  startAdcs,
  startOnlineChain,
  startRa,
} from './online-chain.ts'
export { LAB_OPTIONS, type LabOptions } from './options.ts'
export type { Scenario, Shows } from './scenario.ts'
export { type BatchInit, runScenarios } from './scenario-batch.ts'
export type { SeenLine } from './scenario-check.ts'
export { EVIDENCE, type EvidenceKind } from './scenario-evidence.ts'
export { type RunInit, runScenario, type ScenarioResult } from './scenario-run.ts'
export { SCENARIOS } from './scenarios/index.ts'
export { KeyRing } from './scenarios/stage/key-ring.ts'
export type { Stage, StageWish } from './scenarios/stage/stage.ts'
