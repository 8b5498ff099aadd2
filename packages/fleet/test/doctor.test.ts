import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPool } from '@capfkit/pki'
import t from 'tap'
import { type CheckName, DOCTOR_CHECKS, type DoctorOptions, examineMachine, type Machine, thisMachine } from '../src/index.ts'
import { pretendedMachine } from './pretended-machine.ts'

const of = async (name: CheckName, machine: Partial<Machine>, options: Partial<DoctorOptions> = {}) => {
  const { checks } = await examineMachine({ options, machine: pretendedMachine(machine) })
  return checks.find(result => result.name === name)
}

t.test('a machine in good health: every check says so, with figures and without remedies', async t => {
  const { version, verdict, checks } = await examineMachine({ machine: pretendedMachine() })
  t.strictSame({ version, verdict }, { version: 1, verdict: 'ok' })
  t.strictSame(
    checks.map(({ name }) => name),
    Object.keys(DOCTOR_CHECKS),
  )
  for (const { name, verdict, found, remedy } of checks) t.match({ verdict, found, remedy }, { verdict: 'ok', found: /\w/ }, name)
})

t.test('each thing that can be wrong is told with what was found, what is needed, and what to do', async t => {
  const many = { phones: 20_000 }
  const cases: [CheckName, Partial<Machine>, Partial<DoctorOptions>, 'warning' | 'problem', RegExp, RegExp][] = [
    ['versions', { versions: { node: '20.11.1', openssl: '3.0.1', sqlite: undefined } }, {}, 'problem', /Node 20.*no SQLite/, /24/],
    ['cores', { cores: 1 }, {}, 'warning', /^1$/, /^2/],
    ['load', { load: () => 3.2 }, {}, 'warning', /^3\.20$/, /at most 2\.0/],
    ['openFiles', { openFiles: () => ({ soft: 1024, hard: 4096 }) }, many, 'problem', /^1,024 \(hard limit 4,096\)$/, /^10,064 in/],
    ['openFiles', { openFiles: () => ({ soft: 11_000, hard: 11_000 }) }, many, 'warning', /^11,000/, /^10,064 in/],
    ['memory', { availableMemoryBytes: () => 1e9 }, many, 'problem', /^1,000 MB available$/, /^2,400 MB$/],
    ['clock', { wallMs: () => Date.UTC(1970, 0, 2) }, {}, 'problem', /^1970-01-02T.*250 ms off in 250 ms/, /20 ms/],
    ['randomNumbers', { entropyBits: async () => 12 }, {}, 'warning', /holds 12 bits/, /128 bits/],
    ['handshakes', {}, { rate: 2000 }, 'problem', /^1,000\/s a core.*1,600 enrolments/, /2,000 enrolments/],
    ['handshakes', {}, { rate: 1100 }, 'warning', /1,600 enrolments/, /1,100 enrolments\/s with 35 % to spare/],
    ['sourcePorts', {}, { phones: 30_000 }, 'problem', /^28,232 \(32768-60999\)$/, /^30,000/],
    ['timeWait', {}, { rate: 500 }, 'warning', /^0 in TIME_WAIT; 470 sessions\/s for ever/, /500/],
    ['timeWait', { timeWait: async () => 20_000 }, {}, 'warning', /^20,000 in TIME_WAIT/, /no rate/],
    ['acceptQueue', { acceptQueue: async () => 128 }, {}, 'warning', /^128$/, /^1,000 in a burst/],
    [
      'trackedConnections',
      { trackedConnections: async () => ({ now: 1000, most: 1500 }) },
      {},
      'problem',
      /^500 of 1,500/,
      /1,000/,
    ],
    [
      'temporaryFolder',
      { disk: async folder => ({ folder, freeBytes: 1e6, isWritable: true }) },
      {},
      'problem',
      /1 MB free/,
      /52 MB/,
    ],
  ]
  for (const [name, machine, options, verdict, found, needed] of cases)
    t.match(await of(name, machine, options), { verdict, found, needed, remedy: /\w+ \w+/ }, `${name} ${found}`)
})

t.test('what one source address has not, two have; what one process may not open, two may', async t => {
  const addresses = { phones: 30_000, sourceAddresses: '127.0.0.1,127.0.0.2' }
  t.match(await of('sourcePorts', {}, addresses), { verdict: 'ok', found: '56,464 (32768-60999) on 2 addresses' })
  const openFiles = () => ({ soft: 3000, hard: 3000 })
  t.match(await of('openFiles', { openFiles, cores: 2 }, { phones: 4000 }), { verdict: 'problem' })
  t.match(await of('openFiles', { openFiles, cores: 4 }, { phones: 4000 }), { verdict: 'ok' })
})

t.test('a soft limit below a hard one that is enough has a remedy of its own', async t => {
  const openFiles = () => ({ soft: 1024, hard: Number.POSITIVE_INFINITY })
  t.match(await of('openFiles', { openFiles }, { phones: 10_000 }), {
    found: '1,024 (hard limit unlimited)',
    remedy: 'run ulimit -n 5064 in the same shell first',
  })
})

t.test('a server elsewhere: its queue, its memory and its connections are not asked of this machine', async t => {
  const options = { phones: 10_000, target: 'capf.example:3804' }
  t.match(await of('acceptQueue', { acceptQueue: async () => 128 }, options), { verdict: 'ok', needed: /machine of the server/ })
  t.match(await of('memory', {}, options), { needed: '900 MB' })
  t.match(await of('memory', {}, { phones: 10_000 }), { needed: '1,400 MB' })
  t.match(await of('target', { resolve: async () => '192.0.2.1' }, options), {
    verdict: 'ok',
    found: 'capf.example:3804 (192.0.2.1) connected in 0.4 ms',
  })
})

t.test('a target that has no name, or does not answer, is a problem; one on this machine is told to flatter', async t => {
  const gone = async () => {
    throw new Error('getaddrinfo ENOTFOUND capf.example')
  }
  const target = 'capf.example:3804'
  t.match(await of('target', { resolve: gone }, { target }), { verdict: 'problem', found: /^capf\.example:3804: .*ENOTFOUND/ })
  t.match(await of('target', { connect: gone }, { target }), { verdict: 'problem', needed: 'TCP within 3000 ms' })
  t.match(await of('target', {}, { target: '127.0.0.1:3804' }), { verdict: 'ok', found: /; loopback: no latency/ })
})

t.test('source addresses, key pool and folder of the run are looked at as given', async t => {
  const whyNotFrom = async (address: string) => (address === '192.0.2.7' ? 'EADDRNOTAVAIL' : undefined)
  t.match(await of('sourceAddresses', { whyNotFrom }, { sourceAddresses: '127.0.0.9,192.0.2.7' }), {
    verdict: 'problem',
    found: '192.0.2.7: EADDRNOTAVAIL',
    remedy: /addresses of this machine/,
  })
  const keyPool = async () => ({ kind: 'ec:p256', count: 300 })
  t.match(await of('keyPool', { keyPool }, { keyPool: 'few.pool' }), {
    verdict: 'warning',
    found: '300 ec:p256 keys: each is used up to 4 times',
  })
  const disk = async (folder: string) => ({ folder, freeBytes: 1e12, isWritable: folder !== '/mine' })
  t.match(await of('out', { disk }, { out: '/mine' }), { verdict: 'problem', found: '/mine: not writable' })
})

t.test('a system that does not say something: not known here, and no verdict about it', async t => {
  const silent = async () => undefined
  const machine = pretendedMachine({
    load: () => undefined,
    openFiles: () => undefined,
    sourcePorts: silent,
    timeWait: silent,
    acceptQueue: silent,
    trackedConnections: silent,
    entropyBits: silent,
  })
  const { verdict, checks } = await examineMachine({ machine })
  t.equal(verdict, 'ok')
  const unknown = checks.filter(result => result.verdict === 'unknown')
  t.strictSame(
    unknown.map(({ name }) => name),
    ['load', 'openFiles', 'sourcePorts', 'timeWait', 'acceptQueue', 'trackedConnections'],
  )
  for (const { found } of unknown) t.equal(found, 'not known here: this system does not say')
})

t.test('a question that breaks is not an answer, and the others are still asked', async t => {
  const handshake = async () => {
    throw new Error('unsupported protocol')
  }
  const { verdict, checks } = await examineMachine({ machine: pretendedMachine({ handshake }) })
  t.equal(verdict, 'warning')
  const found = (name: CheckName) => checks.find(result => result.name === name)
  t.match(found('handshakes'), { verdict: 'unknown', found: 'unsupported protocol' })
  t.match(found('legacyTls'), { verdict: 'warning', found: 'refused: unsupported protocol', remedy: /--legacy-tls/ })
  t.match(found('out'), { verdict: 'ok' })
})

t.test('wrong options are refused, and an abort ends the examination with its reason', async t => {
  const options = { phones: 0, target: 'nowhere', sourceAddresses: 'eth0' }
  await t.rejects(examineMachine({ options }), { name: 'OptionError', message: /phones must be.*target must be.*sourceAddresses/ })
  const reason = new Error('enough')
  await t.rejects(examineMachine({ machine: pretendedMachine(), signal: AbortSignal.abort(reason) }), { message: 'enough' })
})

t.test('this machine answers: real limits, real handshakes, a real key pool, a real connection', async t => {
  const folder = t.testdir()
  const keyPool = join(folder, 'ec.pool')
  await generateKeyPool({ file: keyPool, spec: { type: 'ec', curve: 'secp256r1' }, count: 5 })
  const server = createServer(socket => socket.on('error', () => {})).listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  t.teardown(() => server.close())
  const target = `127.0.0.1:${(server.address() as { port: number }).port}`
  const { checks } = await examineMachine({ options: { phones: 5, target, keyPool, out: join(folder, 'not', 'yet') } })
  const found = Object.fromEntries(checks.map(result => [result.name, result]))
  t.match(found, {
    versions: { verdict: 'ok', found: new RegExp(`^Node ${process.versions.node}, OpenSSL \\d.*SQLite \\d`) },
    openFiles: { verdict: 'ok', found: /^[\d,]+ \(hard limit ([\d,]+|unlimited)\)$/ },
    clock: { verdict: 'ok' },
    handshakes: { found: /^[\d,]+\/s a core/ },
    target: { verdict: 'ok', found: new RegExp(`^${target} connected in`) },
    keyPool: { verdict: 'ok', found: '5 ec:p256 keys' },
    temporaryFolder: { found: new RegExp(`^${tmpdir()}: `) },
    out: { verdict: 'ok', found: new RegExp(`^${folder}: [\\d,]+ MB free$`) },
  })
  const missing = await examineMachine({
    options: { keyPool: join(folder, 'none.pool') },
    machine: pretendedMachine(thisMachine()),
  })
  t.match(
    missing.checks.find(({ name }) => name === 'keyPool'),
    { verdict: 'problem', found: /none\.pool.*PKI_POOL_READ/, remedy: /capf keys generate/ },
  )
  const machine = thisMachine()
  t.equal(await machine.whyNotFrom('127.0.0.1'), undefined)
  t.equal(await machine.whyNotFrom('192.0.2.1'), 'EADDRNOTAVAIL', 'an address for documents is nobody’s own')
  t.match(await machine.disk('/'), { folder: '/', freeBytes: Number })
})
