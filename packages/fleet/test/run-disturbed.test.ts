import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { derToPem, newManufacturingCa, privateKeyPem } from '@capfkit/pki'
import t from 'tap'
import { htmlReport, operationsCsv, reportRun, runFleet } from '../src/index.ts'
import { LoadedServer } from './loaded-server.ts'

const BASE = { phones: 100, key: 'ec:p256', concurrency: 16, seed: 7, poolKeys: 2 } as const
const FAULTS = [
  'garbage; share=4%',
  'reset:at=KEY_GENERATE_RESPONSE,when=after; every=40',
  'wrong-string; next=2',
  'foreign-certificate; probability=20%',
  'tiny-segments; next=2',
]

t.test('with a tenth of the phones misbehaving, all others have their certificates, and the run passes', async t => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  const { certificateDer, keyPair } = await newManufacturingCa({
    now: () => new Date(),
    keySpec: { type: 'ec', curve: 'secp256r1' },
  })
  const micCa = join(folder, 'mic-ca.pem')
  writeFileSync(micCa, `${derToPem(certificateDer, 'CERTIFICATE')}${privateKeyPem(keyPair.privateKey)}`)
  await using server = await LoadedServer.start({ folder, micCas: [certificateDer] })
  const summaries = []
  for (const processes of [1, 3]) {
    const options = { ...BASE, ...server.options, micCa, auth: 'null=8,string=1,mic=1', processes, fault: FAULTS }
    const summary = await runFleet({ options: { ...options, ...(processes === 3 ? { out: out } : {}) } })
    t.match(summary, { verdict: 'pass', failed: 0, planned: 100, failures: [] })
    t.equal(summary.done + summary.disturbed, 100)
    t.ok(summary.disturbed >= 8, `${summary.disturbed} of 100 misbehave`)
    t.equal(summary.latencyMs.actual.count, summary.done, 'their times are in no figure')
    summaries.push(summary)
  }
  const [one, three] = summaries
  const byName = (summary: typeof one) =>
    summary!.disturbances.map(({ fault, outcome, count }) => `${fault} ${outcome} ${count}`).sort()
  t.strictSame(byName(three), byName(one), 'however many processes there are')
  t.ok(byName(one).some(line => line === 'tiny-segments done 2'))

  const rows = await server.rows()
  t.equal(rows.filter(({ operation }) => operation === 'install').length, three!.disturbed - 2, 'orders of others are not touched')

  const report = await reportRun(out)
  const { done, disturbed, disturbances, failed, rounds } = report.summary
  t.strictSame({ done, disturbed, failed }, { done: three!.done, disturbed: three!.disturbed, failed: 0 })
  t.strictSame(byName({ disturbances } as typeof one), byName(three))
  t.equal(rounds[0]?.done, done)
  t.match(await htmlReport(report), /tiny-segments<\/td>/)
  const lines = (await operationsCsv(out)).toString().split('\r\n')
  t.equal(lines.filter(line => line.includes(',disturbed,')).length, disturbed)
  t.equal(lines.filter(line => line.includes(',tiny-segments,done,')).length, 2)
})

t.test('a server that takes what it should refuse has failed', async t => {
  await using server = await LoadedServer.start({ folder: t.testdir() })
  const options = { ...BASE, ...server.options, phones: 5, fault: ['oversize:bytes=300; next=1'] }
  const summary = await runFleet({ options })
  t.match(summary, { verdict: 'fail', done: 4, failed: 1, disturbed: 0 })
  t.match(summary.failures, [{ side: 'server', reason: 'PHONE_FAULT_ACCEPTED', count: 1 }])
})

t.test('phones in a bad network get through, later', async t => {
  await using server = await LoadedServer.start({ folder: t.testdir() })
  const network = ['latencyMs=20,jitterMs=5,jitter=normal; phones=*1', 'segmentBytes=100,writeBytesPerSecond=100000; share=50%']
  const options = { ...BASE, ...server.options, phones: 32, network }
  const summary = await runFleet({ options })
  t.match(summary, { verdict: 'pass', done: 32, failed: 0, disturbed: 0 })
  t.ok(summary.latencyMs.actual.max > 160, 'eight times 20 ms, there and back')
})

t.test('what is wrong with a rule is said before anything starts', async t => {
  await t.rejects(runFleet({ options: { ...BASE, embedded: true, fault: ['explode', 'reset; every=0'], network: ['x'] } }), {
    name: 'OptionError',
    message: /"explode".*every must be.*PARAMETER=VALUE/s,
  })
})
