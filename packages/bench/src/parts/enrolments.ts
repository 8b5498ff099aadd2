import { measureBareTls } from '../bare-tls.ts'
import { measureEnrolments } from '../enrolments.ts'
import { measureFloor } from '../floor.ts'
import { printLine, printTable } from '../report.ts'
import { CONCURRENCIES, type Part, ratio } from './part.ts'

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

/** Enrolments beside one handshake and one signature by the openssl program, and beside a bare TLS connection of Node. */
export const enrolments: Part = async ({ quick }) => {
  const floor = await measureFloor({ seconds: quick ? 1 : 3 })
  const results: Record<string, unknown> = { floor }
  printTable('Floor: CPU of the openssl program', [
    ['RSA-2048 signature, openssl speed', `${floor.signMs.toFixed(3)} ms`],
    ...VERSIONS.map(version => [`handshake, openssl s_server, ${version}`, `${floor.handshakeMs[version].toFixed(3)} ms`]),
  ])
  const scale = quick ? 0.2 : 1
  const bareRows: string[][] = []
  const rows: string[][] = []
  for (const version of VERSIONS) {
    const leastMs = floor.handshakeMs[version] + floor.signMs
    for (const concurrency of CONCURRENCIES) {
      const size = Math.max(256, Math.round((concurrency === 1 ? 500 : 1500) * scale))
      // One after the other, so that what else the machine does falls on both.
      const bare = await measureBareTls({ version, concurrency, connections: size, rounds: 4 })
      const cost = await measureEnrolments({ version, concurrency, phones: size, rounds: 5 })
      results[`${version} ${concurrency}`] = { bare, cost }
      const key = [version, String(concurrency)]
      bareRows.push([...key, bare.ratePerSecond.toFixed(0), `${bare.serverMs.toFixed(2)} ms`, `${bare.clientMs.toFixed(2)} ms`])
      rows.push([
        ...key,
        cost.ratePerSecond.toFixed(0),
        `${cost.serverMs.toFixed(2)} ms (${ratio(cost.serverMs, leastMs)})`,
        `${cost.clientMs.toFixed(2)} ms (${ratio(cost.clientMs, bare.clientMs)})`,
        cost.p99Ms.toFixed(0),
        String(cost.failed),
      ])
    }
  }
  printTable('A bare Node TLS connection: connect, handshake, one byte each way, close', [
    ['TLS', 'at once', 'per s', 'server CPU', 'client CPU'],
    ...bareRows,
  ])
  printTable('Enrolments: null string, RSA-2048, keys ready, one server process, medians of 4 rounds after one to warm up', [
    ['TLS', 'at once', 'per s', 'server CPU (of handshake + signature)', 'fleet CPU (of a bare client)', 'p99 ms', 'failed'],
    ...rows,
  ])
  printLine('To reach: server <= 1.6 x, fleet <= 1.5 x, no failure at 256.')
  return results
}
