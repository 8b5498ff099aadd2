import type { Metric } from '@capfkit/listen'
import type { FileServerReport } from './file-server.ts'

/** What is measured of a file server, one row each; `report` is asked at each scrape. */
export const fileMetrics = (report: () => FileServerReport): readonly Metric[] => [
  { name: 'tftp_transfers', help: 'TFTP transfers at this moment', kind: 'gauge', value: () => report().transfers },
  {
    name: 'files_connections',
    help: 'HTTP and HTTPS connections at this moment, handshakes included',
    kind: 'gauge',
    value: () => report().connections,
  },
  {
    name: 'files_requests_total',
    help: 'Requests that are over, by transport and outcome',
    kind: 'counter',
    labels: ['transport', 'outcome'],
    series: () => Object.entries(report().served).map(([key, count]) => [key.split(' '), count]),
  },
]
