import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { ask } from '../ask.ts'
import { measureBareTls } from '../bare-tls.ts'
import { printTable } from '../report.ts'
import type { MemoryAt, SustainedCost, SustainedRun } from '../sustained.ts'
import type { Part } from './part.ts'

const SIZES = { quick: { sustained: 5_000, waiting: 2_000 }, full: { sustained: 100_000, waiting: 20_000 } } as const
/** Long enough that nobody is ready before the last one waits. */
const WAIT_MS = 600_000
const CONNECTS_PER_SECOND = 150

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** Between a tenth of the run and its end: how far memory goes from its mean, and whether it grows. */
const flatness = (memory: readonly MemoryAt[], phones: number) => {
  const later = memory.filter(({ done }) => done >= phones / 10).map(({ memoryMb }) => memoryMb)
  const middle = mean(later)
  const third = Math.max(1, Math.floor(later.length / 3))
  return {
    peakMb: Math.max(0, ...later),
    meanMb: middle,
    spread: Math.max(0, ...later.map(value => Math.abs(value - middle) / middle)),
    growth: mean(later.slice(-third)) / mean(later.slice(0, third)) - 1,
  }
}

/** In a process of its own, as a fleet is that a person runs: what was measured before is not in its memory. */
const measured = async (run: SustainedRun): Promise<SustainedCost> => {
  const child = fork(new URL('../sustained-process.ts', import.meta.url), { serialization: 'advanced' })
  return ask<SustainedCost>(child, run)
}

const sustained = async (phones: number) => {
  const bare = await measureBareTls({ version: 'TLSv1.2', concurrency: 64, connections: 1500, rounds: 4 })
  const { summary, memory } = await measured({
    options: { phones, concurrency: 64, poolKeys: 128, processes: 1, serverWorkers: 1 },
    how: {},
  })
  return { bare, summary, ...flatness(memory, phones) }
}

/** Every connection is a file on both sides: the cores share them. */
const waiting = async (phones: number) => {
  const halves = Math.max(2, availableParallelism())
  const { memory } = await measured({
    options: {
      // By rate: who connects while thousands shake hands before it would run into a time-out.
      ...{ phones, rate: CONNECTS_PER_SECOND, keyGenerationDelayMs: WAIT_MS, poolKeys: 16, sourceAddresses: '127.0.0.0/24' },
      ...{ processes: halves, serverWorkers: halves, maxFailed: '100%' },
    },
    how: { untilAllStarted: true },
  })
  const inFlight = Math.max(0, ...memory.map(at => at.inFlight))
  const all = memory.filter(at => at.inFlight === inFlight).map(({ memoryMb }) => memoryMb)
  return {
    inFlight,
    memoryMb: all.at(-1) ?? 0,
    peakMb: Math.max(0, ...memory.map(({ memoryMb }) => memoryMb)),
    beforeMb: memory[0]?.memoryMb ?? 0,
  }
}

/** What a fleet can do for long, and how much memory it takes for it. */
export const fleet: Part = async ({ quick }) => {
  const sizes = quick ? SIZES.quick : SIZES.full
  const long = await sustained(sizes.sustained)
  const { bare, summary, peakMb, meanMb, spread, growth } = long
  const wait = await waiting(sizes.waiting)
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const { generator } = summary
  printTable(`${sizes.sustained} phones enrol RSA-2048, keys of a pool, one process each for fleet and server`, [
    ['enrolments/s, from the first to the last', `${summary.ratePerSecond.toFixed(0)} (to reach: 300)`],
    ['bare TLS connections/s of the same minute', bare.ratePerSecond.toFixed(0)],
    [
      'fleet CPU of an enrolment / of a bare connection',
      `${generator.cpuMsPerOperation.toFixed(2)} / ${bare.clientMs.toFixed(2)} ms`,
    ],
    ['failed', String(summary.failed)],
    ['memory of the fleet, 10 % to 100 %', `${meanMb.toFixed(0)} MB on average, ${peakMb.toFixed(0)} MB at most (to reach: < 300)`],
    ['furthest from that average', `${percent(spread)} (to reach: 10 %)`],
    ['last third beside the first', percent(growth)],
  ])
  printTable(`${sizes.waiting} phones wait for their keys at once`, [
    ['in flight', String(wait.inFlight)],
    ['memory of the fleet', `${wait.memoryMb.toFixed(0)} MB, ${wait.peakMb.toFixed(0)} MB at most (to reach: 1500)`],
    ['each phone', `${((1000 * (wait.memoryMb - wait.beforeMb)) / Math.max(1, wait.inFlight)).toFixed(0)} kB`],
  ])
  return { sustained: { ...long, summary }, waiting: wait }
}
