import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OptionError } from '@capfkit/codec/options'
import t from 'tap'
import { type FleetOptions, runFleet } from '../src/index.ts'

const temporary = t.testdir()
process.env.TMPDIR = temporary

const run = (options: Partial<FleetOptions>) =>
  runFleet({ options: { embedded: true, phones: 20, poolKeys: 4, key: 'ec:p256', boot: '100%', ...options } })

t.test(
  'phones boot in full, ask TVS about the CAPF certificate, and do what their configuration says, round after round',
  async t => {
    const summary = await run({
      auth: 'null=1,string=1,lsc=1,mic=1',
      rounds: 'install,upgrade,delete:50%',
      processes: 2,
      phones: 40,
    })
    t.match(summary, { verdict: 'pass', because: [], failures: [], stopped: false })
    const { phases, operations, rounds, done } = summary
    const deleted = rounds[2]?.done ?? 0
    t.ok(deleted > 5 && deleted < 35, `${deleted} of 40 deleted`)
    t.strictSame(operations, { install: 80, delete: deleted })
    t.equal(done, 80 + deleted)
    for (const phase of ['files', 'tvs', 'capf', 'connect', 'tls', 'auth', 'end'] as const)
      t.equal(phases[phase]?.count, phase === 'tvs' ? phases.tvs?.count : done, `${phase}: every boot is in it`)
    t.ok(phases.tvs!.count >= 40, 'each phone asks TVS at least once')
    t.equal(phases.issue?.count, 80)
  },
)

t.test('with the present CAPF certificate in the list nobody asks TVS', async t => {
  const { phases, verdict } = await run({ bootTrust: 'list' })
  t.equal(verdict, 'pass')
  t.notOk(phases.tvs && phases.tvs.max > 0, 'no time is spent on it')
})

t.test('phones without Security By Default find what they trust in a CTL, and come by TFTP', async t => {
  const summary = await run({ models: '7960=1,8861=1', legacyTls: true, key: 'rsa:2048' })
  t.match(summary, { verdict: 'pass', done: 20, failures: [] })
})

t.test('a share of the phones boots, the others contact CAPF at once; the seed says which', async t => {
  const first = await run({ boot: '50%', phones: 40, bootTrust: 'list' })
  const again = await run({ boot: '50%', phones: 40, bootTrust: 'list' })
  t.match(first, { verdict: 'pass', done: 40 })
  const booted = first.phases.files?.count ?? 0
  t.ok(booted > 8 && booted < 32, `${booted} of 40 booted`)
  t.equal(again.phases.files?.count, booted)
  t.equal(first.phases.connect?.count, 40)
})

t.test('phones whose file server has nothing for them fail where they stand, and the table says in which step', async t => {
  const empty = createServer((_, response) => void response.writeHead(404).end()).listen(0, '127.0.0.1')
  t.teardown(() => empty.close())
  await new Promise(resolve => empty.once('listening', resolve))
  const { port } = empty.address() as AddressInfo
  const summary = await runFleet({
    options: {
      ...{ phones: 5, poolKeys: 1, boot: '100%', bootServer: '127.0.0.1', httpPort: port, tftpPort: port },
      ...{ server: '127.0.0.1:1', capfCertificate: `${import.meta.dirname}/../../../test-vectors/pem/capf.pem` },
    },
  })
  t.match(summary, { verdict: 'fail', done: 0, failed: 5 })
  t.strictSame(
    summary.failures.map(({ phase, reason, count }) => ({ phase, reason, count })),
    [{ phase: 'config', reason: 'BOOT_NO_CONFIG', count: 5 }],
  )
})

t.test('a fleet that boots must be told where', async t => {
  const told = (options: Partial<FleetOptions>) => t.rejects(runFleet({ options }), OptionError, JSON.stringify(options))
  await told({ boot: '10%', server: '127.0.0.1:1', capfCertificate: 'x.pem' })
  await told({ boot: '101%', embedded: true })
  await told({ boot: '5', embedded: true })
  await told({ boot: '5%', embedded: true, bootServer: 'tftp' })
})
