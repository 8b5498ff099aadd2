import { measureBareTls } from '../bare-tls.ts'
import { printLine, printTable } from '../report.ts'
import { MeasuredTvs, type TvsCost } from '../tvs.ts'
import { CONCURRENCIES, type Part, ratio } from './part.ts'

/** One as phones do; several as a tool would. */
const REQUESTS_EACH = [1, 8]

/** Requests to a TVS beside a bare TLS connection of Node. */
export const tvs: Part = async ({ quick }) => {
  using measured = await MeasuredTvs.start()
  const results: Record<string, TvsCost> = {}
  const rows: string[][] = []
  const size = (concurrency: number) => Math.max(256, Math.round((concurrency === 1 ? 500 : 2000) * (quick ? 0.2 : 1)))
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const concurrency of CONCURRENCIES) {
      const connections = size(concurrency)
      // One after the other, so that what else the machine does falls on both.
      const bare = await measureBareTls({ version, concurrency, connections, rounds: 4 })
      for (const requestsEach of REQUESTS_EACH) {
        const cost = await measured.measure({ version, concurrency, connections, requestsEach, rounds: 4 })
        results[`${version} ${concurrency} ${requestsEach}`] = cost
        rows.push([
          version,
          String(concurrency),
          String(requestsEach),
          cost.ratePerSecond.toFixed(0),
          `${cost.serverMs.toFixed(2)} ms`,
          `${bare.serverMs.toFixed(2)} ms`,
          ratio(cost.serverMs, bare.serverMs),
          cost.p99Ms.toFixed(0),
          String(cost.failed),
        ])
      }
    }
  printTable('TVS: verify, RSA-2048, 20 certificates in the store, one server process, medians of 4 rounds after one to warm up', [
    ['TLS', 'at once', 'requests each', 'per s', 'server CPU of a request', 'of a bare connection', '', 'p99 ms', 'failed'],
    ...rows,
  ])
  printLine(
    'To reach: with one request a connection <= 1.3 x, no failure at 256. An open server in Python: 2.6-3.0 ms, 2-11 % fail.',
  )
  return results
}
