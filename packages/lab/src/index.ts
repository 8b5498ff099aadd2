export { Cluster, type ClusterInit, type Listening, startCluster } from './cluster.ts'
export { type ClusterCertificates, newClusterCertificates } from './cluster-certificates.ts'
export { LAB_FILES, type LabFile, labFile } from './lab-files.ts'
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
