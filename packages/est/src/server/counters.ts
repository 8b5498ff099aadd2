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

/** A server at this moment, as plain data. */
export type EstReport = {
  readonly connections: number
  /** Requests that the CA has not decided, or whose certificate nobody has taken. */
  readonly pending: number
  /** By `operation status`. */
  readonly requests: Readonly<Record<string, number>>
  /** Connections that never became a request, by reason. */
  readonly rejected: Readonly<Record<string, number>>
}

/** What is measured of an EST server, one row each; `report` is asked at each scrape. */
export const estMetrics = (report: () => EstReport): readonly Metric[] => [
  { name: 'est_connections', help: 'TCP connections at this moment', kind: 'gauge', value: () => report().connections },
  { name: 'est_pending', help: 'Requests that the CA has not decided', kind: 'gauge', value: () => report().pending },
  {
    name: 'est_requests_total',
    help: 'Requests that were answered, by operation and status',
    kind: 'counter',
    labels: ['operation', 'status'],
    series: () => Object.entries(report().requests).map(([key, count]) => [key.split(' '), count] as const),
  },
  {
    name: 'est_rejected_total',
    help: 'Connections that never became a request, by reason',
    kind: 'counter',
    labels: ['reason'],
    series: () => Object.entries(report().rejected).map(([reason, count]) => [[reason], count] as const),
  },
]
