import type { ClientHealth, Fullest } from './client-messages.ts'
import { type HealthFinding, judgeHealth } from './health/limits.ts'
import type { LatencySummary } from './latency.ts'
import type { FleetOptions } from './options.ts'
import { FLEET_PHASES, type FleetPhase } from './phases.ts'
import { fuller } from './process-health.ts'
import { nothingAnswers } from './reachability.ts'
import type { Disturbance, Failure, Tally } from './tally.ts'
import { isAboutAllFailures } from './thresholds/threshold.ts'
import type { ThresholdResult } from './thresholds/watch.ts'

/** How a run ended: `invalid` when the generator itself was the bottleneck, so that the figures say nothing of the server. */
export type Verdict = 'pass' | 'fail' | 'invalid'

/** One round; CPU times are those of the round alone, preparations left out. */
export type RoundSummary = {
  operation: string
  done: number
  failed: number
  seconds: number
  generatorCpuMs: number
  /** Of the embedded server. */
  serverCpuMs?: number
}

/** The result of a run; the same object is printed by `--json`. */
export type FleetSummary = {
  version: 1
  seed: number
  verdict: Verdict
  /** Why the verdict is not `pass`. */
  because: string[]
  /** The run was stopped before its end. */
  stopped: boolean
  /** The server could not be reached before the first success. */
  unreachable: boolean
  /** More operations failed than `maxFailed` allows, where no threshold says how many may. */
  tooManyFailed: boolean
  phones: number
  /** Operations of all rounds. */
  planned: number
  done: number
  failed: number
  /** Starts that were left out: too many were in flight, or the device was busy still. */
  skipped: number
  /** Operations of phones that misbehaved on purpose, and with which the server did what it should: neither done nor failed. */
  disturbed: number
  failures: Failure[]
  /** What the figures were to be, and whether they are. */
  thresholds: ThresholdResult[]
  disturbances: Disturbance[]
  operations: Record<string, number>
  rounds: RoundSummary[]
  seconds: number
  ratePerSecond: number
  latencyMs: { scheduled: LatencySummary; actual: LatencySummary }
  phases: Partial<Record<FleetPhase, LatencySummary>>
  keys: { pooled: number; generated: number; poolSize: number; note: string }
  generator: {
    processes: number
    cpuMs: number
    cpuMsPerOperation: number
    lateStarts: number
    /** Latencies that are partly those of the generator. */
    laggedSamples: number
    eventLoopDelayMs: { p99: number; max: number }
    memoryBytes: number
    loopback: boolean
    /** That phones connected from; 0 where the route decided. */
    sourceAddresses: number
    /** Phones resume no TLS sessions, which would hide what a handshake costs. */
    tlsResumption: 'off'
    /** The generator held against every limit of its own. */
    health: HealthFinding[]
  }
  /** Of the embedded server. */
  server?: { processes: number; cpuMs: number; cpuMsPerOperation: number; memoryBytes: number }
}

export type SummaryInput = {
  options: Pick<FleetOptions, 'seed' | 'rate' | 'maxFailed'>
  phones: number
  planned: number
  target: { host: string; port: number }
  tally: Tally
  rounds: FleetSummary['rounds']
  health: readonly ClientHealth[]
  /** Before the run was resumed. */
  pastKeys?: { pooled: number; generated: number } | undefined
  poolSize: number
  isLoopback: boolean
  sourceAddresses?: number
  /** Starts followed a schedule of sessions a second. */
  isScheduled: boolean
  stopped: boolean
  thresholds?: readonly ThresholdResult[]
  /** The threshold that ended the run. */
  broken?: string | undefined
  /** Why the recording ended, and the run with it. */
  recordingFailure?: string | undefined
  server: { processes: number; memoryBytes: number } | undefined
}

const sum = <T>(items: readonly T[], value: (item: T) => number) => items.reduce((total, item) => total + value(item), 0)
const round3 = (value: number) => Math.round(value * 1000) / 1000

const keysNote = (keys: { pooled: number; generated: number; poolSize: number }): string => {
  if (keys.pooled === 0) return keys.generated === 0 ? 'none were needed' : `${keys.generated} keys, each generated for its phone`
  const times = Math.ceil(keys.pooled / keys.poolSize)
  const pooled = `${keys.pooled} keys from a pool of ${keys.poolSize}${times > 1 ? `, reused up to ${times} times` : ''}`
  return keys.generated > 0 ? `${pooled}; ${keys.generated} generated` : pooled
}

const isUnreachable = ({ tally }: SummaryInput) =>
  nothingAnswers([{ done: tally.done, failures: tally.failures.values() }], { enough: 1 })

const worst = <T>(items: readonly T[], value: (item: T) => number) => Math.max(0, ...items.map(value))

/** The generator held against its limits, also while the run goes on. */
export const generatorFindings = (run: Pick<SummaryInput, 'tally' | 'health' | 'isScheduled'>): HealthFinding[] => {
  const { tally, health, isScheduled } = run
  const { started, lateStarts, laggedSamples, done } = tally
  const fullest = health.reduce((all: Fullest, client) => fuller(all, client.fullest), {})
  const failed: Record<string, number> = {}
  for (const { side, reason, count } of tally.failures.values())
    if (side === 'generator') failed[reason] = (failed[reason] ?? 0) + count
  return judgeHealth({
    ...{ isScheduled, started, lateStarts, samples: done, laggedSamples, failed },
    cpuShare: worst(health, ({ cpuMs, runMs }) => (runMs > 0 ? cpuMs / runMs : 0)),
    eventLoopDelayP99Ms: worst(health, client => client.eventLoopDelayMs.p99),
    portsShare: fullest.portsShare,
    openFilesShare: fullest.openFilesShare,
    memoryShare: fullest.memoryShare,
  })
}

/** What makes the figures worthless, whatever they are. */
const faultsOfGenerator = (input: SummaryInput, findings: readonly HealthFinding[]): string[] => {
  const { tally, planned, stopped, broken, recordingFailure } = input
  const { ended, skipped } = tally
  const because: string[] = recordingFailure === undefined ? [] : [recordingFailure]
  // Where nobody answered there are no figures that a lag could have spoilt.
  if (isUnreachable(input)) return because
  for (const finding of findings) if (finding.verdict === 'invalid') because.push(`${finding.because}; ${finding.remedy}`)
  if (!stopped && broken === undefined && recordingFailure === undefined && ended + skipped !== planned)
    because.push(`${planned} operations were planned and ${ended + skipped} counted: a mistake in the generator`)
  return because
}

const tooManyFailed = ({ options, tally, thresholds = [] }: Pick<SummaryInput, 'options' | 'tally' | 'thresholds'>): boolean =>
  !thresholds.some(({ name }) => isAboutAllFailures(name)) &&
  (100 * tally.failed) / Math.max(1, tally.ended) > Number(options.maxFailed.slice(0, -1))

const judge = (input: SummaryInput, findings: readonly HealthFinding[]): { verdict: Verdict; because: string[] } => {
  const { options, tally, planned, stopped, target, thresholds = [], broken } = input
  const { failed, skipped, ended } = tally
  const because = faultsOfGenerator(input, findings)
  if (because.length > 0) return { verdict: 'invalid', because }
  if (stopped) because.push(`the run was stopped: ${planned - ended - skipped} of ${planned} operations were not started`)
  else if (isUnreachable(input))
    because.push(`nothing answers at ${target.host}:${target.port}: gave up after ${failed} of ${planned} operations`)
  else {
    if (tooManyFailed(input)) because.push(`${failed} of ${ended} operations failed, and --max-failed is ${options.maxFailed}`)
    if (broken !== undefined) because.push(`the run was ended by its threshold ${broken}`)
    for (const { name, wanted, got, ok } of thresholds) if (!ok) because.push(`${name} was to be ${wanted}, and is ${got}`)
  }
  return { verdict: because.length > 0 ? 'fail' : 'pass', because }
}

/** Add a run up. */
export const summarize = (input: SummaryInput): FleetSummary => {
  const { options, tally, health, rounds, poolSize, server } = input
  const { done, failed, disturbed, skipped } = tally
  const seconds = round3(sum(rounds, round => round.seconds))
  const failures = [...tally.failures.values()].sort((a, b) => b.count - a.count)
  const keys = {
    pooled: sum(health, ({ keysPooled }) => keysPooled) + (input.pastKeys?.pooled ?? 0),
    generated: sum(health, ({ keysGenerated }) => keysGenerated) + (input.pastKeys?.generated ?? 0),
    poolSize,
  }
  const cpuMs = sum(rounds, round => round.generatorCpuMs)
  const serverCpuMs = sum(rounds, round => round.serverCpuMs ?? 0)
  const findings = generatorFindings(input)
  const each = (ms: number) => round3(ms / Math.max(1, tally.ended))
  const phases: FleetSummary['phases'] = {}
  for (const phase of FLEET_PHASES) if (tally.phases[phase].count > 0) phases[phase] = tally.phases[phase].summary()
  return {
    version: 1,
    seed: options.seed,
    ...judge(input, findings),
    stopped: input.stopped,
    unreachable: isUnreachable(input),
    tooManyFailed: tooManyFailed(input),
    phones: input.phones,
    planned: input.planned,
    done,
    failed,
    skipped,
    disturbed,
    failures,
    thresholds: [...(input.thresholds ?? [])],
    disturbances: [...tally.disturbances.values()].sort((a, b) => b.count - a.count),
    operations: Object.fromEntries(tally.operations),
    rounds,
    seconds,
    ratePerSecond: round3(done / Math.max(0.001, seconds)),
    latencyMs: { scheduled: tally.scheduled.summary(), actual: tally.actual.summary() },
    phases,
    keys: { ...keys, note: keysNote(keys) },
    generator: {
      processes: health.length,
      cpuMs: Math.round(cpuMs),
      cpuMsPerOperation: each(cpuMs),
      lateStarts: tally.lateStarts,
      laggedSamples: tally.laggedSamples,
      eventLoopDelayMs: {
        p99: round3(worst(health, client => client.eventLoopDelayMs.p99)),
        max: round3(worst(health, client => client.eventLoopDelayMs.max)),
      },
      memoryBytes: sum(health, ({ memoryBytes }) => memoryBytes),
      loopback: input.isLoopback,
      sourceAddresses: input.sourceAddresses ?? 0,
      tlsResumption: 'off',
      health: findings,
    },
    ...(server ? { server: { ...server, cpuMs: Math.round(serverCpuMs), cpuMsPerOperation: each(serverCpuMs) } } : {}),
  }
}
