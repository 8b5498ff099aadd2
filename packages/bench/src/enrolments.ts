import { runFleet } from '@capfkit/fleet'
import { median } from './report.ts'

export type EnrolmentCost = { ratePerSecond: number; serverMs: number; clientMs: number; p99Ms: number; failed: number }

/** A fleet enrols again and again against an embedded server of one process; the first round only warms up. */
export const measureEnrolments = async (what: {
  version: 'TLSv1.2' | 'TLSv1.3'
  concurrency: number
  phones: number
  rounds: number
}): Promise<EnrolmentCost> => {
  const { version, concurrency, phones, rounds } = what
  const summary = await runFleet({
    options: {
      embedded: true,
      serverWorkers: 1,
      processes: 1,
      phones,
      concurrency,
      poolKeys: 64,
      // Phones offer nothing newer; the server takes both.
      maxTlsVersion: version,
      rounds: Array.from({ length: rounds }, () => 'install').join(','),
    },
  })
  const measured = summary.rounds.slice(1)
  const each = (value: (round: (typeof measured)[number]) => number) => median(measured.map(value))
  return {
    ratePerSecond: each(({ done, seconds }) => done / seconds),
    serverMs: each(({ done, serverCpuMs = 0 }) => serverCpuMs / done),
    clientMs: each(({ done, generatorCpuMs }) => generatorCpuMs / done),
    p99Ms: summary.latencyMs.actual.p99,
    failed: summary.failed,
  }
}
