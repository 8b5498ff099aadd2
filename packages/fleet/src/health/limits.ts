import { LAG_MS } from './loop-lag.ts'

/** What is known of the generator when a run is over. Shares are of 1; absent where this system does not say. */
export type HealthFacts = {
  /** Starts followed a schedule of sessions a second, and did not wait for the server. */
  isScheduled: boolean
  started: number
  lateStarts: number
  /** Latencies, and those of them that were taken while the event loop was late. */
  samples: number
  laggedSamples: number
  /** Of one core, of the busiest process. */
  cpuShare: number
  /** Of the process that was latest. */
  eventLoopDelayP99Ms: number
  /** The fullest that it was: open files of their limit, source ports of all that there are, memory of what is there. */
  openFilesShare: number | undefined
  portsShare: number | undefined
  memoryShare: number | undefined
  /** Operations that failed in the generator, by reason. */
  failed: Readonly<Record<string, number>>
}

type LimitRow = {
  readonly unit: '%' | 'ms' | 'operations'
  /** More than this is too much. */
  readonly limit: number
  /** `scheduled`: where a schedule was to be kept; elsewhere it is a warning, as the load follows the generator then. */
  readonly invalid: 'always' | 'scheduled' | 'never'
  /** What is measured, and why it matters, for documents. */
  readonly doc: string
  /** What it says of the run, as a sentence. */
  says(facts: HealthFacts): string
  readonly remedy: string
  measure(facts: HealthFacts): number | undefined
}

const round1 = (value: number) => Math.round(value * 10) / 10
const percent = (part: number, whole: number) => (100 * part) / Math.max(1, whole)
const shareInPercent = (share: number | undefined) => share && 100 * share

const PORTS = 'PHONE_NO_LOCAL_PORT'
const portsFailed = (failed: HealthFacts['failed']) => failed[PORTS] ?? 0
/** Everything else that fails in the generator wants descriptors, buffers or memory. */
const othersFailed = (failed: HealthFacts['failed']) =>
  Object.entries(failed).reduce((sum, [reason, count]) => (reason === PORTS ? sum : sum + count), 0)

const FEWER_A_PROCESS = 'ask for a lower rate, use more cores (--processes), or run the phones on another machine than the server'

/** When a generator has lagged or run out of something, so that its figures say nothing of the server [ours]. */
export const HEALTH_LIMITS = {
  portsExhausted: {
    unit: 'operations',
    limit: 0,
    invalid: 'always',
    doc: 'operations for which there was no source port (EADDRNOTAVAIL, EADDRINUSE)',
    says: ({ failed }) => `the generator ran out of source ports: ${portsFailed(failed)} operations failed in it`,
    remedy:
      'give the phones more source addresses (--source-addresses 127.0.0.0/16 on loopback), widen net.ipv4.ip_local_port_range, or ask for fewer sessions at once',
    measure: ({ failed }) => portsFailed(failed),
  },
  filesExhausted: {
    unit: 'operations',
    limit: 0,
    invalid: 'always',
    doc: 'operations for which there was no file descriptor or buffer (EMFILE, ENFILE, ENOBUFS, ENOMEM)',
    says: ({ failed }) => `the generator ran out of file descriptors or memory: ${othersFailed(failed)} operations failed in it`,
    remedy: 'raise ulimit -n in this shell, spread the phones over more processes (--processes), or use fewer at once',
    measure: ({ failed }) => othersFailed(failed),
  },
  lateStarts: {
    unit: '%',
    limit: 5,
    invalid: 'scheduled',
    doc: 'starts that came more than 50 ms after the moment that the schedule named: the load was not the planned one',
    says: ({ lateStarts, started }) => `the generator lagged behind its schedule: ${lateStarts} of ${started} starts came too late`,
    remedy: FEWER_A_PROCESS,
    measure: ({ lateStarts, started }) => percent(lateStarts, started),
  },
  laggedSamples: {
    unit: '%',
    limit: 10,
    invalid: 'scheduled',
    doc: `latencies taken while the event loop was more than ${LAG_MS} ms late, and that by more than a twentieth of the latency: they are partly its own`,
    says: ({ laggedSamples, samples }) =>
      `the generator lagged: ${laggedSamples} of ${samples} latencies are partly its own, as its event loop was late`,
    remedy: FEWER_A_PROCESS,
    measure: ({ laggedSamples, samples }) => percent(laggedSamples, samples),
  },
  eventLoopDelay: {
    unit: 'ms',
    limit: LAG_MS,
    invalid: 'never',
    doc: 'delay of the event loop that one turn in a hundred exceeded, in the process that was latest',
    says: ({ eventLoopDelayP99Ms }) => `the event loop of the generator came round ${round1(eventLoopDelayP99Ms)} ms late (p99)`,
    remedy: FEWER_A_PROCESS,
    measure: ({ eventLoopDelayP99Ms }) => eventLoopDelayP99Ms,
  },
  cpu: {
    unit: '%',
    limit: 90,
    invalid: 'never',
    doc: 'of one core, used by the busiest process: beyond it the rate may be that of the phones and not of the server',
    says: ({ cpuShare }) =>
      `a process of the generator used ${Math.round(100 * cpuShare)} % of a core: the rate may be that of the phones, not of the server`,
    remedy: 'use more cores (--processes), or run the phones on another machine than the server',
    measure: ({ cpuShare }) => 100 * cpuShare,
  },
  ports: {
    unit: '%',
    limit: 90,
    invalid: 'never',
    doc: 'source ports in use at once, of all that the range and the source addresses give',
    says: ({ portsShare = 0 }) => `${Math.round(100 * portsShare)} % of the source ports were in use at once`,
    remedy: 'give the phones more source addresses (--source-addresses), or widen net.ipv4.ip_local_port_range',
    measure: ({ portsShare }) => shareInPercent(portsShare),
  },
  openFiles: {
    unit: '%',
    limit: 90,
    invalid: 'never',
    doc: 'file descriptors in use at once in one process, of its limit',
    says: ({ openFilesShare = 0 }) =>
      `a process of the generator used ${Math.round(100 * openFilesShare)} % of its file descriptors`,
    remedy: 'raise ulimit -n in this shell, or spread the phones over more processes (--processes)',
    measure: ({ openFilesShare }) => shareInPercent(openFilesShare),
  },
  memory: {
    unit: '%',
    limit: 95,
    invalid: 'never',
    doc: 'memory in use on the machine, of all that it has: a machine that swaps measures its disk',
    says: ({ memoryShare = 0 }) => `${Math.round(100 * memoryShare)} % of the memory of this machine was in use`,
    remedy: 'use fewer phones at once, or a machine with more memory',
    measure: ({ memoryShare }) => shareInPercent(memoryShare),
  },
} as const satisfies Record<string, LimitRow>

export type HealthLimitName = keyof typeof HEALTH_LIMITS

/** One row held against a run. `unknown`: this system does not say. */
export type HealthFinding = {
  name: HealthLimitName
  verdict: 'ok' | 'warning' | 'invalid' | 'unknown'
  measured?: number
  limit: number
  unit: LimitRow['unit']
  /** Of anything but `ok`: what it means, and what to do. */
  because?: string
  remedy?: string
}

/** Hold the generator of a run against every limit, in the order of the table. */
export const judgeHealth = (facts: HealthFacts): HealthFinding[] =>
  Object.entries<LimitRow>(HEALTH_LIMITS).map(([key, { measure, limit, unit, says, remedy, invalid }]) => {
    const name = key as HealthLimitName
    const measured = measure(facts)
    if (measured === undefined) return { name, verdict: 'unknown', limit, unit }
    const found = { name, measured: round1(measured), limit, unit }
    if (measured <= limit) return { ...found, verdict: 'ok' }
    const isInvalid = invalid === 'always' || (invalid === 'scheduled' && facts.isScheduled)
    return { ...found, verdict: isInvalid ? 'invalid' : 'warning', because: says(facts), remedy }
  })
