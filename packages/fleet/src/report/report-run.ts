import type { RunEntry, RunRecord } from '@capfkit/codec/run'
import { parseAddress } from '@capfkit/listen'
import type { ClientHealth, Fullest } from '../client-messages.ts'
import type { Latency } from '../latency.ts'
import { isLoopback } from '../loopback.ts'
import { fuller } from '../process-health.ts'
import { isRunLocked } from '../resume/run-lock.ts'
import { parseSourceAddresses } from '../source-addresses.ts'
import { type FleetSummary, summarize } from '../summary.ts'
import { ExampleCollection } from './examples.ts'
import { HealthLine } from './health-line.ts'
import { intervalsOf } from './intervals.ts'
import { findRun, type Generation, type RunFiles, readParts } from './read-run.ts'
import { recordedThresholds } from './recorded-thresholds.ts'
import { generationOf, RunAccounts } from './run-accounts.ts'
import type { ReportedSummary, RunReport } from './run-report.ts'
import { spreadOf } from './spread.ts'
import { Timeline } from './timeline.ts'

/** What a run is cut into to see how much it varies. */
const STRETCHES = 10
/** Of the distribution: from 90 % to 99 %, and so on. */
const STEPS_A_DECADE = 10

type Header = RunRecord<'Header'>
type PartState = {
  header: Header
  health: RunRecord<'Health'> | undefined
  worst: ClientHealth['eventLoopDelayMs']
  cpuMs: number
  runMs: number
  fullest: Fullest
}

const round3 = (value: number) => Math.round(value * 1000) / 1000

/** JSON of options, also of versions that had others. */
const optionsOf = ({ options }: Header): Record<string, unknown> =>
  Object.fromEntries(
    options.map(({ name, value }) => {
      try {
        return [name, JSON.parse(value)]
      } catch {
        return [name, value]
      }
    }),
  )

/** Adds up what was recorded, in the order in which it is read. */
class Reading {
  readonly #generations: RunFiles['generations']
  readonly #accounts: RunAccounts
  readonly #timeline = new Timeline()
  readonly #health = new HealthLine()
  readonly #examples = new ExampleCollection()
  readonly #parts = new Map<Header, PartState>()

  /** A process has the run; the last of it may be written by now all the same. */
  readonly #isLocked: boolean

  constructor(files: RunFiles, { isLocked }: { isLocked: boolean }) {
    this.#isLocked = isLocked
    this.#generations = files.generations
    this.#accounts = new RunAccounts(files)
  }

  get #last(): Generation {
    return this.#generations.at(-1)!
  }

  hear(entries: readonly RunEntry[], header: Header): void {
    const part = this.#parts.get(header) ?? {
      header,
      health: undefined,
      worst: { p99: 0, max: 0 },
      cpuMs: 0,
      runMs: 0,
      fullest: {},
    }
    this.#parts.set(header, part)
    for (const entry of entries) {
      const counts = this.#accounts.hear(entry, header)
      if (entry.kind === 'operation' && counts) this.#operation(entry, header)
      else if (entry.kind === 'health') this.#healthOf(entry, part)
    }
  }

  #operation(operation: RunRecord<'Operation'>, header: Header): void {
    const sinceStartMs = this.#accounts.clock.at(generationOf(header), header.startedMs + operation.startMs)
    this.#timeline.add(operation, sinceStartMs)
    this.#examples.add(operation, (sinceStartMs + operation.totalMs) / 1000)
  }

  #healthOf(health: RunRecord<'Health'>, part: PartState): void {
    const { header, health: before, worst } = part
    const spanMs = health.atMs - (before?.atMs ?? 0)
    const seconds = this.#accounts.clock.at(generationOf(header), header.startedMs + health.atMs) / 1000
    part.health = health
    // Before the first round phones are made: that is not in the figures of a run.
    if (seconds < 0) return
    this.#health.add({ process: header.process, seconds, spanMs, health })
    part.cpuMs += health.cpuMs
    part.runMs += spanMs
    const { portsShare = 0, openFilesShare = 0, memoryShare = 0 } = health
    part.fullest = fuller(part.fullest, { portsShare, openFilesShare, memoryShare })
    // Recordings of before have it by the second only.
    worst.p99 = health.eventLoopDelayRunP99Ms ?? Math.max(worst.p99, health.eventLoopDelayP99Ms)
    worst.max = Math.max(worst.max, health.eventLoopDelayMaxMs)
  }

  #partsOf(generation: number): PartState[] {
    return [...this.#parts.values()].filter(({ header }) => generationOf(header) === generation)
  }

  /** Of each process: keys and CPU time of all generations, memory of the last. */
  #healths(): ClientHealth[] {
    const all = [...this.#parts.values()]
    return this.#partsOf(generationOf(this.#last.header)).map(({ header: { process }, health }): ClientHealth => {
      const same = all.filter(({ header }) => header.process === process)
      const sum = (value: (part: PartState) => number) => same.reduce((total, part) => total + value(part), 0)
      const eventLoopDelayMs = {
        p99: Math.max(...same.map(({ worst }) => worst.p99)),
        max: Math.max(...same.map(({ worst }) => worst.max)),
      }
      return {
        cpuMs: sum(part => part.cpuMs),
        eventLoopDelayMs,
        memoryBytes: health?.memoryBytes ?? 0,
        keysPooled: sum(part => part.health?.keysPooled ?? 0),
        keysGenerated: sum(part => part.health?.keysGenerated ?? 0),
        runMs: sum(part => part.runMs),
        fullest: same.reduce((all: Fullest, part) => fuller(all, part.fullest), {}),
      }
    })
  }

  get #isRunning(): boolean {
    return this.#isLocked && this.#last.footer === undefined
  }

  #summary(options: Record<string, unknown>): ReportedSummary {
    const { header } = this.#generations[0]
    const { footer } = this.#last
    const { tally, rounds } = this.#accounts
    const target = parseAddress(this.#last.header.target)
    const cpuMs = (generation: number) => this.#partsOf(generation).reduce((sum, part) => sum + part.cpuMs, 0)
    tally.laggedSamples = [...this.#parts.values()].reduce((sum, { health }) => sum + (health?.laggedSamples ?? 0), 0)
    const summaries = rounds.summaries(this.#generations, cpuMs)
    const seconds = summaries.reduce((sum, round) => sum + round.seconds, 0)
    const summary = summarize({
      options: { seed: header.seed, rate: Number(options.rate ?? 0), maxFailed: String(options.maxFailed ?? '0%') },
      phones: header.phones,
      // How many a phase by time has depends on the server.
      planned: header.rounds.some(({ total }) => total === 0)
        ? tally.ended
        : header.rounds.reduce((sum, { total }) => sum + total, 0),
      target,
      tally,
      rounds: summaries,
      health: this.#healths(),
      poolSize: footer?.poolSize ?? Number(options.poolKeys ?? 0),
      isLoopback: isLoopback(target.host),
      sourceAddresses: parseSourceAddresses(options.sourceAddresses as string | undefined).count,
      isScheduled: Number(options.rate ?? 0) > 0 || tally.lateStarts > 0,
      stopped: footer?.stopped ?? true,
      thresholds: recordedThresholds(footer, { stated: options.threshold, whole: { tally, seconds } }),
      server:
        footer && footer.serverProcesses > 0
          ? { processes: footer.serverProcesses, memoryBytes: footer.serverMemoryBytes }
          : undefined,
    })
    const { done, failed, disturbed, planned } = summary
    if (footer) return { ...summary, verdict: footer.verdict as FleetSummary['verdict'], because: [...footer.because] }
    const recorded = `${done + failed + disturbed} of ${planned} operations`
    return this.#isRunning
      ? { ...summary, stopped: false, verdict: 'running', because: [`the run is still going on: ${recorded} are on record so far`] }
      : { ...summary, because: [`the run was killed: ${recorded} had been recorded`] }
  }

  /** When the run went on after it had been stopped or killed, and how long it had rested. */
  #resumptions(): RunReport['resumptions'] {
    return this.#generations.slice(1).map(({ header, recovered }) => ({
      number: generationOf(header),
      startedAt: new Date(header.startedMs).toISOString(),
      atSeconds: round3(this.#accounts.clock.beginning(generationOf(header)) / 1000),
      recovered: recovered.length,
    }))
  }

  /** As far as the number of operations says anything. */
  #distribution(): RunReport['distribution'] {
    const { scheduled, actual } = this.#accounts.tally
    const steps = Math.floor(STEPS_A_DECADE * Math.log10(Math.max(1, scheduled.count)))
    const percent = Array.from(
      { length: scheduled.count > 0 ? steps + 1 : 0 },
      (_, step) => 100 - 100 / 10 ** (step / STEPS_A_DECADE),
    )
    const at = (latency: Latency) => percent.map(value => latency.percentile(value))
    return { percent, scheduledMs: at(scheduled), actualMs: at(actual) }
  }

  report(tornBytes: number): RunReport {
    const { header } = this.#generations[0]
    const { clock, rounds } = this.#accounts
    const options = optionsOf(header)
    const timeline = this.#timeline
    const spread = spreadOf(timeline.inParts(STRETCHES))
    return {
      version: 1,
      startedAt: new Date(header.startedMs).toISOString(),
      target: this.#last.header.target,
      options,
      complete: this.#last.footer !== undefined,
      running: this.#isRunning,
      tornBytes,
      summary: this.#summary(options),
      failures: this.#examples.all,
      droppedFrames: [...this.#parts.values()].reduce((sum, { health }) => sum + (health?.droppedFrames ?? 0), 0),
      distribution: this.#distribution(),
      intervalSeconds: timeline.lengthMs / 1000,
      intervals: intervalsOf(timeline, header.phases),
      roundStarts: rounds.starts.map(({ number, generation, startedMs }) => ({
        number,
        operation: header.rounds[number]?.operation ?? 'unknown',
        atSeconds: round3(clock.at(generation, startedMs) / 1000),
      })),
      resumptions: this.#resumptions(),
      ...(spread ? { spread } : {}),
      health: this.#health.points,
    }
  }
}

/**
 * Everything about a run from its files alone, also about one that was killed, or is still going on.
 *
 * @throws {RunError}
 */
export const reportRun = async (folder: string): Promise<RunReport> => {
  // Before its files are read: one that ends meanwhile has not been killed.
  const isLocked = isRunLocked(folder)
  const files = await findRun(folder)
  const reading = new Reading(files, { isLocked })
  const torn = await readParts(files, (entries, header) => reading.hear(entries, header))
  return reading.report(torn)
}
