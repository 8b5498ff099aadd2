import { runFleet } from '@capfkit/fleet'
import { printTable } from '../report.ts'
import type { Part } from './part.ts'

/** Phones that boot at once, all ports of a cluster together: files, TVS, CAPF. */
export const boot: Part = async ({ quick }) => {
  const phones = quick ? 200 : 1000
  const run = (bootTrust: 'tvs' | 'list') =>
    runFleet({ options: { embedded: true, phones, concurrency: phones, boot: '100%', bootTrust, poolKeys: 32, processes: 1 } })
  const results = { list: await run('list'), tvs: await run('tvs') }
  const ms = (value: number | undefined) => (value ?? 0).toFixed(0)
  printTable(`${phones} phones boot at the same moment and enrol: file server and TVS in one process, CAPF in one, phones in one`, [
    ['CAPF certificate from', 'boots/s', 'phone CPU', 'CAPF CPU', 'files p50 / p99', 'TVS p50 / p99', 'whole p50 / p99', 'failed'],
    ...Object.entries(results).map(([from, { ratePerSecond, generator, server, phases, latencyMs, failed }]) => [
      from,
      ratePerSecond.toFixed(0),
      `${generator.cpuMsPerOperation.toFixed(2)} ms`,
      `${server?.cpuMsPerOperation.toFixed(2)} ms`,
      `${ms(phases.files?.p50)} / ${ms(phases.files?.p99)} ms`,
      `${ms(phases.tvs?.p50)} / ${ms(phases.tvs?.p99)} ms`,
      `${ms(latencyMs.actual.p50)} / ${ms(latencyMs.actual.p99)} ms`,
      String(failed),
    ]),
  ])
  return results
}
