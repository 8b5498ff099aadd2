import type { Metric } from '@capfkit/listen'
import type { GroupReport } from './server-group.ts'

/** What is measured of a CAPF server, one row each; `report` is asked at each scrape. */
export const capfMetrics = (report: () => GroupReport): readonly Metric[] => [
  { name: 'capf_sessions', help: 'Sessions at this moment', kind: 'gauge', value: () => report().sessions },
  {
    name: 'capf_connections',
    help: 'TCP connections at this moment, handshakes included',
    kind: 'gauge',
    value: () => report().connections,
  },
  { name: 'capf_workers', help: 'Server processes', kind: 'gauge', value: () => report().workers },
  {
    name: 'capf_ca_requests',
    help: 'Certificate requests that are with the Online CA at this moment',
    kind: 'gauge',
    value: () => report().caRunning,
  },
  {
    name: 'capf_ca_queue',
    help: 'Certificate requests that wait for their turn at the Online CA at this moment',
    kind: 'gauge',
    value: () => report().caWaiting,
  },
  {
    name: 'capf_memory_bytes',
    help: 'Resident memory of all server processes',
    kind: 'gauge',
    value: () => report().memoryBytes,
  },
  {
    name: 'capf_cpu_seconds_total',
    help: 'CPU time of all server processes',
    kind: 'counter',
    value: () => report().cpuMs / 1000,
  },
  {
    name: 'capf_sessions_total',
    help: 'Sessions that ended, by operation and CAPF_OP status',
    kind: 'counter',
    labels: ['operation', 'status'],
    series: () => Object.entries(report().counts.sessions).map(([key, count]) => [key.split(' '), count]),
  },
  {
    name: 'capf_rejected_total',
    help: 'Connections that never became a session, by reason',
    kind: 'counter',
    labels: ['reason'],
    series: () => Object.entries(report().counts.rejected).map(([reason, count]) => [[reason], count]),
  },
]
