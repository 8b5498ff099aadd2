import type { RunRecord } from '@capfkit/codec/run'
import type { RoundSummary } from '../summary.ts'
import type { Generation } from './read-run.ts'

/** One round in one generation; moments in ms since 1970. */
type Stay = { startedMs: number; endedMs: number; done: number; failed: number }

const round3 = (value: number) => Math.round(value * 1000) / 1000

/** What became of each round, over all generations of a run. */
export class RoundSums {
  /** By generation, then by number of the round. */
  readonly #stays = new Map<number, Map<number, Stay>>()

  /** A round begins, or goes on in another generation, in one of its processes. */
  begin(generation: number, { number, atMs }: { number: number; atMs: number }): void {
    const stays = this.#stays.get(generation) ?? new Map<number, Stay>()
    this.#stays.set(generation, stays)
    const known = stays.get(number)
    if (!known) stays.set(number, { startedMs: atMs, endedMs: atMs, done: 0, failed: 0 })
    else if (known.done + known.failed === 0) known.startedMs = Math.min(known.startedMs, atMs)
  }

  ended(generation: number, operation: { round: number; atMs: number; became: 'done' | 'failed' | 'disturbed' }): void {
    const stay = this.#stays.get(generation)?.get(operation.round)
    if (!stay) return
    if (operation.became !== 'disturbed') stay[operation.became]++
    stay.endedMs = Math.max(stay.endedMs, operation.atMs)
  }

  /** When each round began, ms since 1970, with the generation that it began in. */
  get starts(): { number: number; generation: number; startedMs: number }[] {
    const first = new Map<number, { number: number; generation: number; startedMs: number }>()
    for (const [generation, stays] of this.#stays)
      for (const [number, { startedMs }] of stays) if (!first.has(number)) first.set(number, { number, generation, startedMs })
    return [...first.values()]
  }

  /** @param cpuMs  what the processes of a generation used, for one that was killed before it said so. */
  summaries(generations: readonly Generation[], cpuMs: (generation: number) => number): RoundSummary[] {
    const rounds = new Map<number, RoundSummary>()
    for (const generation of generations) {
      const { header, recovered } = generation
      const stays = this.#stays.get(header.generation ?? 0) ?? new Map<number, Stay>()
      for (const [number, stay] of stays) {
        const last = number === Math.max(...stays.keys())
        const summary = stayed(generation, { number, stay, restCpuMs: last ? cpuMs(header.generation ?? 0) : 0 })
        const before = rounds.get(number)
        rounds.set(number, before ? sumOfRounds(before, summary) : summary)
      }
      for (const { round } of recovered) {
        // All that is known of a round may be what the store of the server told.
        const summary = rounds.get(round) ?? notBegun(header.rounds[round]?.operation)
        rounds.set(round, { ...summary, done: summary.done + 1 })
      }
    }
    return [...rounds].sort(([a], [b]) => a - b).map(([, summary]) => summary)
  }
}

/** A round of which nothing is on record. */
export const notBegun = (operation = 'unknown'): RoundSummary => ({ operation, done: 0, failed: 0, seconds: 0, generatorCpuMs: 0 })

/** A round that went on in another generation. */
export const sumOfRounds = (a: RoundSummary, b: RoundSummary): RoundSummary => ({
  operation: a.operation,
  done: a.done + b.done,
  failed: a.failed + b.failed,
  seconds: round3(a.seconds + b.seconds),
  generatorCpuMs: a.generatorCpuMs + b.generatorCpuMs,
  ...(a.serverCpuMs === undefined && b.serverCpuMs === undefined
    ? {}
    : { serverCpuMs: (a.serverCpuMs ?? 0) + (b.serverCpuMs ?? 0) }),
})

const stayed = (
  { header, roundEnds, footer }: Generation,
  { number, stay, restCpuMs }: { number: number; stay: Stay; restCpuMs: number },
): RoundSummary => {
  const { done, failed, startedMs, endedMs } = stay
  const end: RunRecord<'RoundEnd'> | undefined = roundEnds.find(round => round.number === number)
  return {
    operation: header.rounds[number]?.operation ?? 'unknown',
    done,
    failed,
    seconds: end?.seconds ?? round3((endedMs - startedMs) / 1000),
    // A run that was killed says what its processes used until then, not in which round.
    generatorCpuMs: end?.generatorCpuMs ?? round3(restCpuMs),
    ...(end && footer && footer.serverProcesses > 0 ? { serverCpuMs: end.serverCpuMs } : {}),
  }
}
