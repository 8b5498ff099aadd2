import { type FileCost, MeasuredFiles, type Wanted } from '../files.ts'
import type { FileTransport } from '../files-process.ts'
import { printTable } from '../report.ts'
import type { Part } from './part.ts'

/** In this order: what is fetched again was made the round before. */
const ROWS: readonly (readonly [transport: FileTransport, wanted: Wanted])[] = [
  ['bare', 'ITLFile.tlv'],
  ['http', 'ITLFile.tlv'],
  ['http', 'made'],
  ['http', 'made again'],
  ['tftp', 'ITLFile.tlv'],
  ['tftp', 'made'],
  ['tftp', 'made again'],
]

const WORDS: Readonly<Record<Wanted, string>> = {
  'ITLFile.tlv': 'the ITL, one for all',
  made: 'a signed configuration each',
  'made again': 'the same once more',
}

const SERVERS: Readonly<Record<FileTransport, string>> = { bare: 'HTTP, bare server of Node', http: 'HTTP', tftp: 'TFTP' }

/** Phones that ask for a file at the same moment. */
export const files: Part = async ({ quick }) => {
  using measured = await MeasuredFiles.start()
  const phones = quick ? 200 : 1000
  const results: Record<string, FileCost> = {}
  const rows: string[][] = []
  for (const [transport, wanted] of ROWS) {
    const cost = await measured.measure({ transport, wanted, phones, rounds: 4 })
    results[`${transport} ${wanted}`] = cost
    rows.push([
      SERVERS[transport],
      WORDS[wanted],
      cost.ratePerSecond.toFixed(0),
      `${cost.serverMs.toFixed(3)} ms`,
      cost.p50Ms.toFixed(0),
      cost.p99Ms.toFixed(0),
      String(cost.failed),
    ])
  }
  printTable(
    `Files: ${phones} phones ask at the same moment, each on a connection or port of its own; one server process, signatures RSA-2048, medians of 4 rounds after one to warm up`,
    [['by', 'file', 'files/s', 'server CPU of a file', 'p50 ms', 'p99 ms', 'failed'], ...rows],
  )
  return results
}
