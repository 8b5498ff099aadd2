import { parseArgs } from 'node:util'
import { measureBareTls } from './bare-tls.ts'
import { measureEnrolments } from './enrolments.ts'
import { measureFloor } from './floor.ts'
import { printLine, printTable } from './report.ts'
import { measureWaiting } from './waiting.ts'

/**
 * `pnpm bench [--quick] [--only enrolments,waiting] [--json]`: what an enrolment costs, beside what it cannot cost less than,
 * measured in one run on one machine.
 */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'enrolments,waiting' },
    json: { type: 'boolean', default: false },
  },
})
const parts = new Set(values.only.split(','))
const scale = values.quick ? 0.2 : 1
const versions = ['TLSv1.2', 'TLSv1.3'] as const
const results: Record<string, unknown> = {}

const ratio = (value: number, to: number) => `${(value / to).toFixed(2)} x`

printLine(`Node ${process.version} (OpenSSL ${process.versions.openssl}), loopback: server and clients share the cores`)

/** Of so many at once, as the open peer was measured. */
const CONCURRENCIES = [1, 16, 64, 256]

if (parts.has('enrolments')) {
  const floor = await measureFloor({ seconds: values.quick ? 1 : 3 })
  results.floor = floor
  printTable('Floor: CPU of the openssl program', [
    ['RSA-2048 signature, openssl speed', `${floor.signMs.toFixed(3)} ms`],
    ...versions.map(version => [`handshake, openssl s_server, ${version}`, `${floor.handshakeMs[version].toFixed(3)} ms`]),
  ])
  const bareRows: string[][] = []
  const rows: string[][] = []
  for (const version of versions) {
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
}

if (parts.has('waiting')) {
  const waiting = await measureWaiting({ phones: values.quick ? 1000 : 10_000 })
  results.waiting = waiting
  printTable(`${waiting.phones} phones waiting in key generation, two server processes`, [
    ['connected and waiting', String(waiting.waiting)],
    ['server memory before', `${waiting.memoryBeforeMb.toFixed(0)} MB`],
    ['server memory with them', `${waiting.memoryMb.toFixed(0)} MB (to reach: 700)`],
    ['others enrol: p50 / p99 without them', `${waiting.before.p50.toFixed(1)} / ${waiting.before.p99.toFixed(1)} ms`],
    ['others enrol: p50 / p99 with them', `${waiting.during.p50.toFixed(1)} / ${waiting.during.p99.toFixed(1)} ms`],
    ['failed', String(waiting.failed)],
  ])
}

if (values.json) printLine(JSON.stringify(results))
