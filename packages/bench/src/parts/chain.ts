import { type ChainCost, MeasuredChain } from '../chain.ts'
import { printLine, printTable } from '../report.ts'
import { type Part, ratio } from './part.ts'

const CONCURRENCIES = [1, 16, 64]
const SLOW_CA_MS = 2_000

const row = (what: string, cost: ChainCost, local?: ChainCost) => {
  const { ratePerSecond, cpuMs, p50Ms, p99Ms, failed } = cost
  const ms = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(2)} ms`)
  const capf = local ? `${ms(cpuMs.capf)} (${ratio(cpuMs.capf!, local.cpuMs.capf!)})` : ms(cpuMs.capf)
  return [
    what,
    ratePerSecond.toFixed(0),
    capf,
    ms(cpuMs.ra),
    ms(cpuMs.adcs),
    `${p50Ms.toFixed(0)} / ${p99Ms.toFixed(0)}`,
    String(failed),
  ]
}

/** Enrolments through CAPF, registration authority and AD CS, beside those that CAPF signs itself. */
export const chain: Part = async ({ quick }) => {
  const results: Record<string, unknown> = {}
  const rows: string[][] = []
  {
    using local = await MeasuredChain.start({ online: false })
    using online = await MeasuredChain.start({ online: true })
    for (const concurrency of CONCURRENCIES) {
      const phones = quick ? 60 : concurrency === 1 ? 150 : 400
      const [here, there] = [
        await local.measure({ phones, concurrency, rounds: 3 }),
        await online.measure({ phones, concurrency, rounds: 3 }),
      ]
      results[`${concurrency}`] = { local: here, online: there }
      rows.push(row(`${concurrency} at once, embedded CA`, here), row(`${concurrency} at once, whole chain`, there, here))
    }
    const thousand = await online.measure({ phones: quick ? 200 : 1000, concurrency: 64, rounds: 1 })
    results.thousand = thousand
    rows.push(row(`${thousand.done} phones, 64 at once, whole chain`, thousand))
  }
  {
    using slow = await MeasuredChain.start({ online: true, caDelayMs: SLOW_CA_MS })
    const cost = await slow.measure({ phones: quick ? 32 : 128, concurrency: 128, rounds: 1 })
    results.slow = cost
    rows.push(row(`CA takes ${SLOW_CA_MS / 1000} s an answer, 128 phones at once`, cost))
  }
  printTable('Enrolments through the Online CA chain, each link a process: CPU for each enrolment', [
    ['', 'per s', 'CAPF', 'RA', 'AD CS', 'p50 / p99 ms', 'failed'],
    ...rows,
  ])
  printLine('To reach: the chain costs CAPF <= 2.2 x a local enrolment; 1,000 phones without a failure.')
  return results
}
