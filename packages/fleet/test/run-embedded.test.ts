import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPool, readPrivateKey } from '@capfkit/pki'
import t from 'tap'
import { type FleetOptions, type FleetProgress, runFleet } from '../src/index.ts'

/** Runs of this file leave their folders here. */
const temporary = t.testdir()
process.env.TMPDIR = temporary

const run = (options: Partial<FleetOptions>, onProgress: (progress: FleetProgress) => void = () => {}) =>
  runFleet({ options: { embedded: true, phones: 20, poolKeys: 4, key: 'ec:p256', ...options }, onProgress })

t.test('four ways to authenticate, every operation, both kinds of key, two processes', async t => {
  const summary = await run({
    phones: 40,
    processes: 2,
    auth: 'null=1,string=1,lsc=1,mic=1',
    rounds: 'install,upgrade,delete:50%,troubleshoot',
    key: 'rsa:2048=1,ec:p256=1,ec:p521=1',
  })
  const { rounds, operations, keys } = summary
  t.match(summary, { verdict: 'pass', because: [], failed: 0, failures: [], phones: 40, stopped: false, unreachable: false })
  t.strictSame(
    rounds.map(({ operation }) => operation),
    ['install', 'upgrade', 'delete', 'troubleshoot'],
  )
  const deleted = rounds[2]?.done ?? 0
  t.ok(deleted > 5 && deleted < 35, `${deleted} of 40 deleted`)
  t.strictSame(operations, { install: 80, delete: deleted, troubleshoot: 40 })
  t.equal(summary.done, summary.planned)
  t.match(summary, { done: 120 + deleted, generator: { processes: 2, loopback: true }, server: { processes: 1 } })
  t.equal(summary.latencyMs.actual.count, summary.done)
  t.equal(summary.phases.keyGeneration?.count, 80, 'only installs make keys')
  t.equal(summary.phases.issue?.count, 80)
  t.ok(keys.pooled > 4 && keys.generated > 0, keys.note)
  t.match(keys.note, /^\d+ keys from a pool of 4, reused up to \d+ times; \d+ generated$/)
})

t.test('by rate: starts follow the schedule of the whole fleet, in all processes together', async t => {
  const { done, seconds, latencyMs, verdict, because } = await run({ phones: 60, rate: 100, processes: 2, concurrency: 1 })
  // Another program may take the processor away: then the run says itself that it is worth nothing.
  t.ok(verdict === 'pass' || because.every(sentence => /came too late|event loop was late/.test(sentence)), because.join())
  t.equal(done, 60)
  t.ok(seconds >= 0.55, `the last start is due after 590 ms, all took ${seconds} s`)
  t.equal(latencyMs.scheduled.count, 60)
  t.ok(latencyMs.scheduled.max >= latencyMs.actual.max * 0.999, 'from the scheduled start it is never shorter')
})

t.test('a concurrency below the number of processes leaves no phone out', async t => {
  const summary = await run({ concurrency: 1, processes: 4 })
  t.match(summary, { verdict: 'pass', done: 20, generator: { processes: 1 } })
})

t.test('more processes than phones', async t => {
  t.match(await run({ phones: 2, processes: 5 }), { verdict: 'pass', done: 2, generator: { processes: 2 } })
})

t.test('real keys: each phone makes its own, and no pool is made', async t => {
  const stages = new Set<string>()
  const { keys, verdict } = await run({ phones: 6, auth: 'mic', key: 'rsa:1024', realKeygen: true }, ({ stage }) =>
    stages.add(stage),
  )
  t.match({ keys, verdict }, { verdict: 'pass', keys: { pooled: 0, generated: 12, poolSize: 0 } }, 'a MIC and an LSC each')
  t.notOk(stages.has('keys'))
})

t.test('where nothing needs RSA-2048, no RSA keys are made ahead', async t => {
  const stages: string[] = []
  const { keys } = await run({}, ({ stage }) => stages.push(stage))
  t.match(keys, { pooled: 0, generated: 20, poolSize: 0, note: '20 keys, each generated for its phone' })
  t.strictSame(
    [...new Set(stages)].filter(stage => stage !== 'phones'),
    ['server', 'ready', 'phase'],
  )
})

t.test('key generation can be made to last: a wait, and not in the way of other phones', async t => {
  const { phases, seconds, verdict } = await run({ keyGenerationDelayMs: 400, concurrency: 20 })
  t.equal(verdict, 'pass')
  t.ok(phases.keyGeneration!.p50 >= 399)
  t.ok(seconds < 20 * 0.4, 'all waited at the same time')
})

t.test('a key pool of ones own: used for its kind, refused where it is of no use', async t => {
  const folder = t.testdir()
  const keyPool = join(folder, 'ec.pool')
  await generateKeyPool({ file: keyPool, spec: { type: 'ec', curve: 'secp256r1' }, count: 7 })
  t.match(await run({ keyPool }), {
    verdict: 'pass',
    keys: { pooled: 20, generated: 0, poolSize: 7, note: '20 keys from a pool of 7, reused up to 3 times' },
  })
  t.match(await run({ keyPool, key: 'ec:p256=1,ec:p384=1' }), {
    verdict: 'pass',
    keys: { poolSize: 7, note: /^\d+ keys from.*; \d+ generated$/ },
  })
  await t.rejects(run({ keyPool, key: 'ec:p384', auth: 'mic' }), {
    name: 'FleetError',
    code: 'FLEET_KEY_POOL',
    message: `${keyPool} (ec:p256; needed: ec:p384, rsa:2048): no phone of this run needs keys of the kind that the key pool holds; make another pool with capf keys generate, or order its kind of key with --key (FLEET_KEY_POOL)`,
  })
  await t.rejects(run({ keyPool: join(folder, 'none.pool') }), { code: 'PKI_POOL_READ' })
})

t.test('--out keeps what one needs to look into a run or to repeat it', async t => {
  const out = join(t.testdir(), 'made', 'here')
  const summary = await run({ out, auth: 'mic', seed: 5 })
  t.strictSame(readdirSync(out).sort(), [
    ...['capf-certificate.pem', 'devices.db', 'fleet.db', 'fleet.db-lock', 'keys.pool', 'mic-ca.pem', 'part-0.capfrun'],
    ...['plan.json', 'run.capfrun', 'run.lock', 'summary.json'],
  ])
  t.strictSame(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')), summary)
  t.match(summary, { seed: 5, verdict: 'pass' })
  t.equal((statSync(join(out, 'mic-ca.pem')).mode & 0o777).toString(8), '600')
  const micCa = readFileSync(join(out, 'mic-ca.pem'), 'utf8')
  t.equal(readPrivateKey(micCa).privateKey.type, 'private')
  t.equal(new X509Certificate(micCa).ca, true)
  const capf = readFileSync(join(out, 'capf-certificate.pem'), 'utf8')
  t.match(new X509Certificate(capf).subject, /CN=CAPF-/)
  t.notMatch(capf, /PRIVATE KEY/)
})

t.test('a folder that cannot be made is told before anything runs', async t => {
  const folder = t.testdir({ file: 'in the way' })
  await t.rejects(run({ out: join(folder, 'file', 'out') }), { name: 'FleetError', code: 'FLEET_RECORDING' })
})

t.test('no run has left anything behind', async t => {
  t.strictSame(readdirSync(temporary), [])
})
