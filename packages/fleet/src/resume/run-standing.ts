import type { RunRecord } from '@capfkit/codec/run'
import type { PhaseStanding } from '../plan/remainder.ts'
import { findRun, type Generation, type RunFiles, readParts } from '../report/read-run.ts'
import { generationOf, RunAccounts } from '../report/run-accounts.ts'
import type { RoundSummary } from '../summary.ts'
import type { Tally } from '../tally.ts'

/** How far a run had come when it was stopped or killed, from its files. */
export type RunStanding = {
  /** Of what is recorded from now on. */
  readonly generation: number
  /** The phase that it was in, and how far. */
  readonly phase: number
  readonly standing: PhaseStanding
  /** Everything of that phase had been ordered. */
  readonly ordered: boolean
  /** All that has ended. */
  readonly tally: Tally
  /** By number, as far as they had begun. */
  readonly rounds: readonly RoundSummary[]
  readonly keys: { readonly pooled: number; readonly generated: number }
  readonly target: string
}

/** Turns of one phase that are over. */
class Turns {
  readonly #had: Uint8Array
  #turns = 0

  constructor(phones: number) {
    this.#had = new Uint8Array(Math.ceil(phones / 8))
  }

  add(index: number): void {
    this.#turns++
    this.#had[index >> 3]! |= 1 << (index & 7)
  }

  standing(elapsedMs: number): PhaseStanding {
    return { had: this.#had, turns: this.#turns, elapsedMs }
  }
}

const KEYS = { pooled: 'keysPooled', generated: 'keysGenerated' } as const

/** What the last word of each process was. */
const keysOf = (last: Iterable<RunRecord<'Health'>>): RunStanding['keys'] => {
  const sum = { pooled: 0, generated: 0 }
  for (const health of last) for (const [name, field] of Object.entries(KEYS)) sum[name as keyof typeof KEYS] += health[field]
  return sum
}

const wasOrdered = (generations: readonly Generation[], phase: number) => generations.some(({ ordered }) => ordered.includes(phase))

/** Reads a run for going on with it. */
class Standing {
  readonly #files: RunFiles
  readonly #accounts: RunAccounts
  readonly #turns = new Map<number, Turns>()
  readonly #cpuMs = new Map<number, number>()
  readonly #health = new Map<RunRecord<'Header'>, RunRecord<'Health'>>()
  #phase = 0

  constructor(files: RunFiles) {
    this.#files = files
    this.#accounts = new RunAccounts({ ...files, goesOn: true })
    for (const { recovered, ordered } of files.generations) {
      for (const { phone, round } of recovered) this.#turn(round, phone)
      for (const round of ordered) this.#phase = Math.max(this.#phase, round)
    }
  }

  async read(): Promise<RunStanding> {
    const { generations } = this.#files
    await readParts(this.#files, (entries, header) => {
      for (const entry of entries) {
        this.#accounts.hear(entry, header)
        if (entry.kind === 'round') this.#phase = Math.max(this.#phase, entry.number)
        // What was cut off has not ended.
        else if (entry.kind === 'skipped' || (entry.kind === 'operation' && !entry.cut)) this.#turn(entry.round, entry.phone)
        else if (entry.kind === 'health') this.#hearHealth(entry, header)
      }
    })
    const rounds = this.#accounts.rounds.summaries(generations, generation => this.#cpuMs.get(generation) ?? 0)
    const last = generations.at(-1)!.header
    return {
      generation: generationOf(last) + 1,
      phase: this.#phase,
      standing: (this.#turns.get(this.#phase) ?? this.#newTurns()).standing(1000 * (rounds[this.#phase]?.seconds ?? 0)),
      ordered: wasOrdered(generations, this.#phase),
      tally: this.#accounts.tally,
      rounds,
      keys: keysOf(this.#health.values()),
      target: last.target,
    }
  }

  #hearHealth(health: RunRecord<'Health'>, header: RunRecord<'Header'>): void {
    const generation = generationOf(header)
    this.#health.set(header, health)
    this.#cpuMs.set(generation, (this.#cpuMs.get(generation) ?? 0) + health.cpuMs)
  }

  #newTurns(): Turns {
    return new Turns(this.#files.generations[0].header.phones)
  }

  #turn(phase: number, index: number): void {
    const turns = this.#turns.get(phase) ?? this.#newTurns()
    this.#turns.set(phase, turns)
    if (index < this.#files.generations[0].header.phones) turns.add(index)
  }
}

/**
 * How far the run in this folder had come.
 *
 * @throws {RunError} when there is no run, or its files cannot be read.
 */
export const readStanding = async (folder: string): Promise<RunStanding> => new Standing(await findRun(folder)).read()
