import { parseArgs } from 'node:util'
import { type BareCost, measureBareTls } from './bare-tls.ts'
import { measureEnrolments } from './enrolments.ts'
import { type Floor, measureFloor } from './floor.ts'
import { printLine, printTable } from './report.ts'
import { measureWaiting } from './waiting.ts'

/**
 * `pnpm bench [--quick] [--only floor,enrolments,waiting]`: what an enrolment costs, beside what it cannot cost less than,
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

if (parts.has('floor') || parts.has('enrolments')) {
  const floor: Floor = await measureFloor({ seconds: values.quick ? 1 : 3 })
  const bare = new Map<string, BareCost>()
  for (const version of versions)
    bare.set(version, await measureBareTls({ version, connections: Math.round(2000 * scale), rounds: 3 }))
  results.floor = { ...floor, bare: Object.fromEntries(bare) }
  printTable('Floor', [
    ['RSA-2048 signature, openssl speed', `${floor.signMs.toFixed(3)} ms CPU`],
    ...versions.map(version => [`handshake, openssl s_server, ${version}`, `${floor.handshakeMs[version].toFixed(3)} ms CPU`]),
    ...versions.map(version => [
      `bare Node TLS server, ${version}`,
      `${bare.get(version)!.serverMs.toFixed(3)} ms CPU a connection`,
    ]),
    ...versions.map(version => [
      `bare Node TLS client, ${version}`,
      `${bare.get(version)!.clientMs.toFixed(3)} ms CPU a connection`,
    ]),
  ])
  if (parts.has('enrolments')) {
    const rows: string[][] = []
    for (const version of versions) {
      for (const concurrency of [1, 16, 64, 256]) {
        const cost = await measureEnrolments({
          version,
          concurrency,
          phones: Math.max(256, Math.round((concurrency === 1 ? 500 : 1500) * scale)),
          rounds: 5,
        })
        const least = floor.handshakeMs[version] + floor.signMs
        rows.push([
          version,
          String(concurrency),
          cost.ratePerSecond.toFixed(0),
          `${cost.serverMs.toFixed(2)} ms (${ratio(cost.serverMs, least)})`,
          `${cost.clientMs.toFixed(2)} ms (${ratio(cost.clientMs, bare.get(version)!.clientMs)})`,
          cost.p99Ms.toFixed(0),
          String(cost.failed),
        ])
        results[`${version} ${concurrency}`] = cost
      }
    }
    printTable('Enrolments: null string, RSA-2048, keys ready, one server process, medians of 4 rounds after one to warm up', [
      ['TLS', 'at once', 'per s', 'server CPU (of handshake + signature)', 'fleet CPU (of bare client)', 'p99 ms', 'failed'],
      ...rows,
    ])
    printLine('To reach: server <= 1.6 x, fleet <= 1.5 x, no failure at 256.')
  }
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
