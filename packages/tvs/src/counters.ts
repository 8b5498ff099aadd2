import type { Metric, Rejected } from '@capfkit/listen'
import { ANSWERS, type Answer } from './answers.ts'
import type { SessionSummary } from './session.ts'

/** What a TVS counts: plain numbers. */
export type Counts = {
  /** Requests by how they were answered. */
  requests: Record<Answer, number>
  /** Connections that spoke TLS, and how many of them ended for another reason than that the client had no more to ask. */
  sessions: number
  failed: number
  /** Connections that never became a session, by reason. */
  rejected: Partial<Record<Rejected['why'], number>>
}

/** Counts of one server. The keys are bounded: they are names from tables. */
export class TvsCounters {
  readonly counts: Counts = {
    requests: Object.fromEntries(Object.keys(ANSWERS).map(answer => [answer, 0])) as Record<Answer, number>,
    sessions: 0,
    failed: 0,
    rejected: {},
  }

  ended({ answers, detail }: SessionSummary): void {
    this.counts.sessions++
    if (detail !== undefined) this.counts.failed++
    for (const [answer, count] of Object.entries(answers)) this.counts.requests[answer as Answer] += count
  }

  rejected(why: Rejected['why']): void {
    this.counts.rejected[why] = (this.counts.rejected[why] ?? 0) + 1
  }
}

/** What is measured of a TVS, one row each; `report` is asked at each scrape. */
export const tvsMetrics = (report: () => { counts: Counts; connections: number; certificates: number }): readonly Metric[] => [
  {
    name: 'tvs_connections',
    help: 'TCP connections at this moment, handshakes included',
    kind: 'gauge',
    value: () => report().connections,
  },
  { name: 'tvs_certificates', help: 'Certificates in the store', kind: 'gauge', value: () => report().certificates },
  {
    name: 'tvs_requests_total',
    help: 'Requests of connections that have ended, by answer',
    kind: 'counter',
    labels: ['answer'],
    series: () => Object.entries(report().counts.requests).map(([answer, count]) => [[answer], count]),
  },
  { name: 'tvs_sessions_total', help: 'Connections that have ended', kind: 'counter', value: () => report().counts.sessions },
  {
    name: 'tvs_sessions_failed_total',
    help: 'Connections that ended by a time-out, a limit, a broken connection or a malformed request',
    kind: 'counter',
    value: () => report().counts.failed,
  },
  {
    name: 'tvs_rejected_total',
    help: 'Connections that never became a session, by reason',
    kind: 'counter',
    labels: ['reason'],
    series: () => Object.entries(report().counts.rejected).map(([reason, count]) => [[reason], count]),
  },
]
