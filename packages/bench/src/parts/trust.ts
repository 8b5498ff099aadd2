import { sign, verify } from 'node:crypto'
import { parseTrustList, type RoleName } from '@capfkit/codec/tlv'
import {
  type Authority,
  buildTrustList,
  certificateRecord,
  checkSignature,
  checkTrustList,
  FileSigner,
  newServiceCertificate,
  parseKeySpec,
  signersOf,
} from '@capfkit/pki'
import { median, printLine, printTable } from '../report.ts'
import { type Part, ratio } from './part.ts'

/** The list that the open tool was measured with: eight records, two of them EC. */
const CERTIFICATES: readonly (readonly [RoleName, string])[] = [
  ['SAST', 'rsa:2048'],
  ['SAST', 'rsa:2048'],
  ['CCM+TFTP', 'rsa:2048'],
  ['CCM', 'ec:p384'],
  ['TFTP', 'rsa:2048'],
  ['CAPF', 'rsa:2048'],
  ['TVS', 'rsa:2048'],
  ['TVS', 'ec:p256'],
]

const ROUNDS = 7

/** Each piece of work in turn, several times: what else the machine does falls on all of them. Milliseconds, medians. */
const measure = async <K extends string>(works: Record<K, () => unknown>, times: number): Promise<Record<K, number>> => {
  const found = Object.fromEntries(Object.keys(works).map(name => [name, [] as number[]])) as Record<K, number[]>
  for (let round = 0; round <= ROUNDS; round++)
    for (const name of Object.keys(works) as K[]) {
      const start = performance.now()
      for (let i = 0; i < times; i++) await works[name]()
      // The first round warms up.
      if (round > 0) found[name].push((performance.now() - start) / times)
    }
  const medians = Object.entries<number[]>(found).map(([name, values]) => [name, median(values)])
  return Object.fromEntries(medians) as Record<K, number>
}

const now = () => new Date()

/** An ITL of eight records: read, verified, made. */
export const trust: Part = async ({ quick }) => {
  const made: [RoleName, Authority][] = []
  for (const [role, key] of CERTIFICATES) {
    const subject = [{ type: 'CN', value: `bench-${role}-${made.length}` } as const]
    made.push([role, await newServiceCertificate({ keySpec: parseKeySpec(key), now, subject })])
  }
  const { certificateDer, keyPair } = made[0]![1]
  const { privateKey } = keyPair
  const signer = new FileSigner({ certificateDer, privateKey })
  const newRecords = () => made.map(([role, { certificateDer }]) => certificateRecord({ certificateDer, role }))
  const records = newRecords()
  const build = (newest = records) => buildTrustList({ records: newest, signer, fileName: 'ITLFile.tlv', timestamp: now() })
  const bytes = await build()
  const { headers, records: stored } = parseTrustList(bytes)
  const known = signersOf(stored)
  const signature = sign('sha1', bytes, privateKey)
  const judge = (signers?: typeof known) => {
    const list = parseTrustList(bytes)
    if (checkSignature(bytes, list.headers[0], signers ?? signersOf(list.records)).verdict !== 'valid') throw new Error('not valid')
  }
  const ms = await measure(
    {
      sign: () => new Promise(done => sign('sha1', bytes, privateKey, done)),
      verify: () => verify('sha1', bytes, keyPair.privateKey, signature),
      parse: () => parseTrustList(bytes),
      judge: () => judge(),
      judgeKnown: () => judge(known),
      check: () => checkTrustList(bytes, { at: now() }),
      build: () => build(),
      buildNew: () => build(newRecords()),
    },
    quick ? 50 : 400,
  )
  const row = (what: string, value: number, note = '') => [what, `${value.toFixed(3)} ms`, (1000 / value).toFixed(0), note]
  printTable(`An ITL of ${stored.length} records, ${bytes.length} bytes, signature ${headers[0].signature.length} bytes`, [
    ['', 'each', 'per s', ''],
    row('one RSA-2048 signature, in process', ms.sign),
    row('parse', ms.parse),
    row('parse and verify, signer known before', ms.judgeKnown),
    row('parse and verify, signer found in the list', ms.judge, 'to reach: < 0.3 ms'),
    row('every check: records against certificates, dates', ms.check),
    row('build and sign', ms.build, `${ratio(ms.build, ms.sign)} of a signature; to reach: < 1.5 x`),
    row('build and sign, records from new certificates', ms.buildNew, ratio(ms.buildNew, ms.sign)),
  ])
  printLine('An open tool in Python: 2.2-2.7 ms to parse and verify, 51-58 ms to build.')
  return ms
}
