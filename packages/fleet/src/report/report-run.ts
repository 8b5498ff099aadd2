import type { RunEntry, RunRecord } from '@capfkit/codec/run'
import { parseAddress } from '@capfkit/listen'
import type { ClientHealth } from '../client-messages.ts'
import { LATE_MS } from '../engine.ts'
import type { Latency } from '../latency.ts'
import { isLoopback } from '../loopback.ts'
import type { FailurePlace } from '../phases.ts'
import { type FleetSummary, type RoundSummary, summarize } from '../summary.ts'
import { type Counted, Tally } from '../tally.ts'
import { ExampleCollection } from './examples.ts'
import { HealthLine } from './health-line.ts'
import { intervalsOf } from './intervals.ts'
import { findRun, type RunLead, readParts } from './read-run.ts'
import type { RunReport } from './run-report.ts'
import { spreadOf } from './spread.ts'
import { Timeline } from './timeline.ts'

/** What a run is cut into to see how much it varies. */
const STRETCHES = 10
/** Of the distribution: from 90 % to 99 %, and so on. */
const STEPS_A_DECADE = 10

type Header = RunRecord<'Header'>
type PartState = { header: Header; health: RunRecord<'Health'> | undefined; worst: ClientHealth['eventLoopDelayMs']; cpuMs: number }

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
  readonly #lead: RunLead
  readonly #tally = new Tally()
  readonly #timeline = new Timeline()
  readonly #health = new HealthLine()
  readonly #examples = new ExampleCollection()
  readonly #parts = new Map<Header, PartState>()
  /** Of each round, by number. */
  readonly #rounds = new Map<number, { startedMs: number; endedMs: number; done: number; failed: number }>()

  constructor(lead: RunLead) {
    this.#lead = lead
  }

  /** When the first round began, ms since 1970. */
  get #originMs(): number {
    return this.#rounds.get(0)?.startedMs ?? this.#lead.header.startedMs
  }

  hear(entries: readonly RunEntry[], header: Header): void {
    const part = this.#parts.get(header) ?? { header, health: undefined, worst: { p99: 0, max: 0 }, cpuMs: 0 }
    this.#parts.set(header, part)
    for (const entry of entries) {
      if (entry.kind === 'operation') this.#operation(entry, header)
      else if (entry.kind === 'health') this.#healthOf(entry, part)
      else if (entry.kind === 'round') this.#round(entry, header)
    }
  }

  #round({ number, startMs }: RunRecord<'Round'>, { startedMs }: Header): void {
    const at = startedMs + startMs
    const known = this.#rounds.get(number)
    if (!known) this.#rounds.set(number, { startedMs: at, endedMs: at, done: 0, failed: 0 })
    else if (known.done + known.failed === 0) known.startedMs = Math.min(known.startedMs, at)
  }

  #operation(operation: RunRecord<'Operation'>, header: Header): void {
    const { lateMs, totalMs, phases, phasesMs, failure } = operation
    const atMs = header.startedMs + operation.startMs
    const times = phases.map((phase, place) => [header.phases[phase] ?? 'unknown', phasesMs[place] ?? 0])
    this.#tally.started++
    if (lateMs > LATE_MS) this.#tally.lateStarts++
    this.#tally.record({
      scheduledMs: lateMs + totalMs,
      actualMs: totalMs,
      phasesMs: Object.fromEntries(times) as Counted['phasesMs'],
      operation: header.operations[operation.operation] ?? 'unknown',
      failure: failure && { side: failure.side as never, phase: failure.phase as FailurePlace, reason: failure.reason },
    })
    const sinceStartMs = atMs - this.#originMs
    this.#timeline.add(operation, sinceStartMs)
    this.#examples.add(operation, (sinceStartMs + totalMs) / 1000)
    const round = this.#rounds.get(operation.round)
    if (!round) return
    if (failure) round.failed++
    else round.done++
    round.endedMs = Math.max(round.endedMs, atMs + totalMs)
  }

  #healthOf(health: RunRecord<'Health'>, part: PartState): void {
    const { header, health: before, worst } = part
    const spanMs = health.atMs - (before?.atMs ?? 0)
    const seconds = (header.startedMs + health.atMs - this.#originMs) / 1000
    this.#health.add({ process: header.process, seconds, spanMs, health })
    part.health = health
    // Before the first round phones are made: that is not in the figures of a run.
    if (seconds < 0) return
    part.cpuMs += health.cpuMs
    worst.p99 = Math.max(worst.p99, health.eventLoopDelayP99Ms)
    worst.max = Math.max(worst.max, health.eventLoopDelayMaxMs)
  }

  #roundSummaries(): RoundSummary[] {
    const { header, roundEnds, footer } = this.#lead
    const cpuMs = [...this.#parts.values()].reduce((sum, part) => sum + part.cpuMs, 0)
    return [...this.#rounds].map(([number, { done, failed, startedMs, endedMs }]) => {
      const end = roundEnds.find(round => round.number === number)
      return {
        operation: header.rounds[number]?.operation ?? 'unknown',
        done,
        failed,
        seconds: end?.seconds ?? round3((endedMs - startedMs) / 1000),
        // A run that was killed says what its processes used until then, not in which round.
        generatorCpuMs: end?.generatorCpuMs ?? (number === this.#rounds.size - 1 ? round3(cpuMs) : 0),
        ...(end && footer && footer.serverProcesses > 0 ? { serverCpuMs: end.serverCpuMs } : {}),
      }
    })
  }

  #summary(options: Record<string, unknown>): FleetSummary {
    const { header, footer } = this.#lead
    const target = parseAddress(header.target)
    const health = [...this.#parts.values()].map(({ health, worst, cpuMs }): ClientHealth => {
      const { memoryBytes = 0, keysPooled = 0, keysGenerated = 0 } = health ?? {}
      return { cpuMs, eventLoopDelayMs: worst, memoryBytes, keysPooled, keysGenerated }
    })
    const summary = summarize({
      options: { seed: header.seed, rate: Number(options.rate ?? 0), maxFailed: String(options.maxFailed ?? '0%') },
      phones: header.phones,
      planned: header.rounds.reduce((sum, { total }) => sum + total, 0),
      target,
      tally: this.#tally,
      rounds: this.#roundSummaries(),
      health,
      poolSize: footer?.poolSize ?? Number(options.poolKeys ?? 0),
      isLoopback: isLoopback(target.host),
      stopped: footer?.stopped ?? true,
      server:
        footer && footer.serverProcesses > 0
          ? { processes: footer.serverProcesses, memoryBytes: footer.serverMemoryBytes }
          : undefined,
    })
    const { done, failed, planned } = summary
    return footer
      ? { ...summary, verdict: footer.verdict as FleetSummary['verdict'], because: [...footer.because] }
      : { ...summary, because: [`the run was killed: ${done + failed} of ${planned} operations had been recorded`] }
  }

  /** As far as the number of operations says anything. */
  #distribution(): RunReport['distribution'] {
    const { scheduled, actual } = this.#tally
    const steps = Math.floor(STEPS_A_DECADE * Math.log10(Math.max(1, scheduled.count)))
    const percent = Array.from(
      { length: scheduled.count > 0 ? steps + 1 : 0 },
      (_, step) => 100 - 100 / 10 ** (step / STEPS_A_DECADE),
    )
    const at = (latency: Latency) => percent.map(value => latency.percentile(value))
    return { percent, scheduledMs: at(scheduled), actualMs: at(actual) }
  }

  report(tornBytes: number): RunReport {
    const { header, footer } = this.#lead
    const options = optionsOf(header)
    const timeline = this.#timeline
    const spread = spreadOf(timeline.inParts(STRETCHES))
    return {
      version: 1,
      startedAt: new Date(header.startedMs).toISOString(),
      target: header.target,
      options,
      complete: footer !== undefined,
      tornBytes,
      summary: this.#summary(options),
      failures: this.#examples.all,
      droppedFrames: [...this.#parts.values()].reduce((sum, { health }) => sum + (health?.droppedFrames ?? 0), 0),
      distribution: this.#distribution(),
      intervalSeconds: timeline.lengthMs / 1000,
      intervals: intervalsOf(timeline, header.phases),
      roundStarts: [...this.#rounds].map(([number, { startedMs }]) => ({
        number,
        operation: header.rounds[number]?.operation ?? 'unknown',
        atSeconds: round3((startedMs - this.#originMs) / 1000),
      })),
      ...(spread ? { spread } : {}),
      health: this.#health.points,
    }
  }
}

/**
 * Everything about a run from its files alone, also about one that was killed.
 *
 * @throws {RunError}
 */
export const reportRun = async (folder: string): Promise<RunReport> => {
  const files = await findRun(folder)
  const reading = new Reading(files.lead)
  const torn = await readParts(files, (entries, header) => reading.hear(entries, header))
  return reading.report(torn)
}
