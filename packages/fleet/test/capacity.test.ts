import t from 'tap'
import { needsOf } from '../src/doctor/capacity/needs.ts'
import { examinePlan, FIGURES, NEEDS, type NeedName, readPlan } from '../src/index.ts'
import { pretendedMachine } from './pretended-machine.ts'

const machine = pretendedMachine()
const examine = (text: string) => examinePlan({ plan: readPlan(text), machine })
const needed = ({ needs }: Awaited<ReturnType<typeof examine>>, name: NeedName) => needs.find(need => need.name === name)?.needed

t.test('a plan of a steady rate on a database: each need by hand', async t => {
  const found = await examine(`
server: 192.0.2.10:3804
capfCertificate: capf.pem
store: postgres://capf@db.example/capf
phones: 40000
phases:
  - { name: day, operations: install, arrivals: { rate: 1000 } }
`)
  t.match(found.load, { perSecond: 1000, atOnce: 1000, sessions: 40_000, phones: 40_000, isDatabase: true, orders: true })
  t.equal(found.load.leastMs, 41_000, 'forty seconds of starts, and a session')
  const cpu = FIGURES.serverDatabaseCpuMs.value
  t.equal(needed(found, 'serverCores'), cpu / 0.65)
  t.equal(needed(found, 'clientCores'), FIGURES.clientCpuMs.value / 0.65)
  t.equal(needed(found, 'storeWrites'), 3000)
  t.equal(needed(found, 'databaseLog'), 1000 * FIGURES.logBytes.value)
  t.equal(needed(found, 'databaseConnections'), 10 * Math.ceil(cpu / 0.65))
  t.equal(needed(found, 'serverConnections'), 1000)
  t.equal(needed(found, 'sourceAddresses'), 1)
})

t.test('phones that wait need connections, memory and addresses, not cores; SQLite needs no database', async t => {
  const found = await examine(`
embedded: true
phones: 60000
keyGenerationDelayMs: 600000
phases:
  - { name: storm, operations: install, arrivals: { burst: 10m } }
`)
  t.match(found.load, { perSecond: 100, atOnce: 60_000, isDatabase: false })
  t.equal(found.load.leastMs, 1_201_000)
  t.equal(needed(found, 'sourceAddresses'), 3, 'for 28,232 ports each')
  t.equal(needed(found, 'serverMemory'), 100_000_000 + 60_000 * 60_000)
  t.equal(needed(found, 'databaseCores'), undefined)
  t.equal(found.verdict, 'problem')
  const ports = found.checks.find(({ name }) => name === 'sourcePorts')
  t.match(ports, { verdict: 'problem', needed: /^60,000/ }, 'and the check that fails on this machine says so')
})

t.test(
  'a closed model asks for as many a second as its sessions can be; the table of models for as long as phones take',
  async t => {
    const closed = await examine('{ embedded: true, phones: 1000, concurrency: 50 }')
    t.match(closed.load, { perSecond: 50, atOnce: 50, sessions: 1000, leastMs: 20_000 })
    const models = await examine('{ embedded: true, phones: 1000, concurrency: 50, keyGenerationDelayMs: -1 }')
    t.equal(models.load.leastMs, undefined)
    t.match(models.needs[0], { name: 'duration', needed: undefined, said: /as long as phones/ })
    t.equal(JSON.parse(JSON.stringify(models)).needs[0].needed, undefined, 'JSON has no infinity')
  },
)

t.test('mistakes in a plan are told as those of a run', async t => {
  const nowhere = '{ server: 192.0.2.1:3804, capfCertificate: capf.pem, store: sqlite:none/none.db, phones: 10 }'
  await t.rejects(async () => examine(nowhere), { code: 'CONFIG_OUT_OF_RANGE', message: /none\/none\.db is not there/ })
})

t.test('twice the load needs twice of what grows with it', t => {
  const load = { perSecond: 500, atOnce: 5_000, sessions: 1, phones: 1, leastMs: 1, isDatabase: true, orders: false }
  const [once, twice] = [needsOf(load), needsOf({ ...load, perSecond: 1000, atOnce: 10_000 })]
  for (const name of ['serverCores', 'storeWrites', 'databaseCores', 'databaseLog', 'clientCores', 'serverConnections'] as const) {
    const of = (needs: typeof once) => needs.find(need => need.name === name)!.needed!
    t.equal(of(twice), 2 * of(once), name)
  }
  for (const { name, said } of once) t.match({ name, said }, { name: Object.keys(NEEDS).includes(name) ? name : '', said: /\d/ })
  for (const { value, source } of Object.values(FIGURES)) t.ok(value > 0, source)
  t.end()
})
