import type { RunEntry, RunRecord } from '@capfkit/codec/run'
import type { FaultName, Outcome } from '@capfkit/phone'
import { LATE_MS } from '../engine.ts'
import type { FailurePlace } from '../phases.ts'
import { type Counted, Tally } from '../tally.ts'
import type { RunFiles } from './read-run.ts'
import { RoundSums } from './round-sums.ts'
import { RunClock } from './run-clock.ts'

type Header = RunRecord<'Header'>

export const generationOf = ({ generation = 0 }: Header): number => generation

/** What an operation counts as. */
export const becameOf = ({ failure, disturbance }: RunRecord<'Operation'>): 'done' | 'failed' | 'disturbed' =>
  failure ? 'failed' : disturbance ? 'disturbed' : 'done'

/** An operation as it was counted when it ended. */
export const countedOf = (operation: RunRecord<'Operation'>, header: Header): Counted => {
  const { lateMs, totalMs, phases, phasesMs, failure, disturbance, outcome } = operation
  const times = phases.map((phase, place) => [header.phases[phase] ?? 'unknown', phasesMs[place] ?? 0])
  return {
    scheduledMs: lateMs + totalMs,
    actualMs: totalMs,
    phasesMs: Object.fromEntries(times) as Counted['phasesMs'],
    operation: header.operations[operation.operation] ?? 'unknown',
    failure: failure && { side: failure.side as never, phase: failure.phase as FailurePlace, reason: failure.reason },
    ...(disturbance && outcome ? { disturbance: { fault: disturbance as FaultName, outcome: outcome as Outcome } } : {}),
  }
}

/** What became of a run, from its files: each operation counts once, in whichever generation it ended. */
export class RunAccounts {
  readonly tally = new Tally()
  readonly rounds = new RoundSums()
  readonly clock = new RunClock()
  readonly #lastGeneration: number

  /** @param files.goesOn  another generation is to come. */
  constructor({ generations, goesOn = false }: Pick<RunFiles, 'generations'> & { goesOn?: boolean }) {
    this.#lastGeneration = goesOn ? Number.POSITIVE_INFINITY : generationOf(generations.at(-1)!.header)
    for (const { header, recovered } of generations) {
      for (const { operation } of recovered) {
        const name = header.operations[operation] ?? 'unknown'
        this.tally.started++
        this.tally.done++
        this.tally.operations.set(name, (this.tally.operations.get(name) ?? 0) + 1)
      }
    }
  }

  /** Count an entry. @returns false for an operation that was cut off and has its turn in a later generation. */
  hear(entry: RunEntry, header: Header): boolean {
    const generation = generationOf(header)
    if (entry.kind === 'skipped') this.tally.skipped++
    else if (entry.kind === 'round') {
      const atMs = header.startedMs + entry.startMs
      this.clock.begin(generation, atMs)
      this.rounds.begin(generation, { number: entry.number, atMs })
    } else if (entry.kind === 'operation') {
      if (entry.cut && generation < this.#lastGeneration) return false
      this.#operation(entry, header)
    }
    return true
  }

  #operation(operation: RunRecord<'Operation'>, header: Header): void {
    const { lateMs, totalMs, startMs, round } = operation
    const generation = generationOf(header)
    const atMs = header.startedMs + startMs + totalMs
    this.tally.started++
    if (lateMs > LATE_MS) this.tally.lateStarts++
    this.tally.record(countedOf(operation, header))
    this.rounds.ended(generation, { round, atMs, became: becameOf(operation) })
    this.clock.at(generation, atMs)
  }
}
