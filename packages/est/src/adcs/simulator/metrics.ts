import type { Metric } from '@capfkit/listen'
import type { AdcsReport } from './adcs-simulator.ts'

const STATUSES = ['issued', 'pending', 'denied'] as const

/** What `GET /metrics` tells of a simulator. */
export const adcsMetrics = (report: () => AdcsReport): Metric[] => [
  { kind: 'gauge', name: 'adcs_connections', help: 'TCP connections at this moment', value: () => report().connections },
  { kind: 'gauge', name: 'adcs_pending', help: 'Requests that wait for an officer', value: () => report().pending },
  {
    kind: 'counter',
    name: 'adcs_requests_total',
    help: 'Requests that were handed in, by what the CA said at once',
    labels: ['status'],
    series: () => STATUSES.map(status => [[status], report().requests[status] ?? 0] as const),
  },
]
