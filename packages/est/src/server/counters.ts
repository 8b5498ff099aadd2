import type { HttpRejected, Metric } from '@capfkit/listen'
import type { RequestSummary } from './request-log.ts'

const increment = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)

/** What a server counts. The keys are bounded: names from tables, and statuses. */
export class EstCounters {
  /** Requests by `operation status`. */
  readonly requests = new Map<string, number>()
  /** Connections and bytes that never became a request, by reason. */
  readonly rejected = new Map<string, number>()

  ended({ operation, status }: RequestSummary): void {
    increment(this.requests, `${operation} ${status}`)
  }

  refused(why: HttpRejected['why']): void {
    increment(this.rejected, why)
  }
}

/** A server as it is measured. */
export type Measured = { readonly counters: EstCounters; readonly connections: number; readonly pending: number }

/** What is measured of an EST server, one row each; asked at each scrape. */
export const estMetrics = (server: Measured): readonly Metric[] => [
  { name: 'est_connections', help: 'TCP connections at this moment', kind: 'gauge', value: () => server.connections },
  { name: 'est_pending', help: 'Requests that the CA has not decided', kind: 'gauge', value: () => server.pending },
  {
    name: 'est_requests_total',
    help: 'Requests that were answered, by operation and status',
    kind: 'counter',
    labels: ['operation', 'status'],
    series: () => [...server.counters.requests].map(([key, count]) => [key.split(' '), count] as const),
  },
  {
    name: 'est_rejected_total',
    help: 'Connections that never became a request, by reason',
    kind: 'counter',
    labels: ['reason'],
    series: () => [...server.counters.rejected].map(([reason, count]) => [[reason], count] as const),
  },
]
