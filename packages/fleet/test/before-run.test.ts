import t from 'tap'
import { type FleetOptions, type Machine, readPlan, troubleBefore } from '../src/index.ts'
import { fleetOptions } from './fleet-options.ts'
import { pretendedMachine } from './pretended-machine.ts'

const trouble = async (options: Partial<FleetOptions>, machine: Partial<Machine> = {}) =>
  (await troubleBefore({ options: fleetOptions(options) }, pretendedMachine(machine))).map(({ name }) => name)

t.test('a run that fits has nothing said about it, whatever else could be better', async t => {
  t.strictSame(await trouble({ embedded: true, phones: 1000 }, { load: () => 50, acceptQueue: async () => 1 }), [])
})

t.test('by concurrency so many phones are there at once, by rate those that a server can be busy with', async t => {
  const openFiles = () => ({ soft: 1024, hard: 1024 })
  t.strictSame(await trouble({ phones: 100_000, concurrency: 32 }, { openFiles }), [])
  t.strictSame(await trouble({ phones: 100_000, concurrency: 4000 }, { openFiles }), ['openFiles'])
  t.strictSame(await trouble({ phones: 100_000, rate: 300 }, { openFiles }), [])
  t.strictSame(await trouble({ phones: 100_000, rate: 300, keyGenerationDelayMs: 20_000 }, { openFiles }), ['openFiles'])
  t.strictSame(await trouble({ phones: 900, rate: 300, keyGenerationDelayMs: 20_000 }, { openFiles }), [])
  const manyFiles = { openFiles: () => ({ soft: 1_048_576, hard: 1_048_576 }) }
  t.strictSame(await trouble({ phones: 100_000, rate: 300, keyGenerationDelayMs: -1 }, manyFiles), ['sourcePorts'])
})

t.test('a process alone opens all the files', async t => {
  const openFiles = () => ({ soft: 1024, hard: 1024 })
  const away = { server: '192.0.2.1:3804', phones: 2000, concurrency: 2000 }
  t.strictSame(await trouble(away, { openFiles }), [])
  t.strictSame(await trouble({ ...away, processes: 1 }, { openFiles }), ['openFiles'])
})

t.test('memory and the table of the firewall are looked at too', async t => {
  const all = { phones: 20_000, concurrency: 20_000, embedded: true }
  t.strictSame(await trouble(all, { availableMemoryBytes: () => 1e9 }), ['memory'])
  t.strictSame(await trouble(all, { trackedConnections: async () => ({ now: 60_000, most: 65_536 }) }), ['trackedConnections'])
})

t.test('a plan is looked at in its fullest phase', async t => {
  const openFiles = () => ({ soft: 1024, hard: 1024 })
  const ofPlan = async (text: string) => {
    const { options, plan } = readPlan(text)
    const asked = { ...plan, options: fleetOptions(options) }
    return (await troubleBefore(asked, pretendedMachine({ openFiles }))).map(({ name }) => name)
  }
  const plan = (arrivals: string, more = '') => `phones: 20000\n${more}\nphases: [{}, { ${arrivals} }]`
  t.strictSame(await ofPlan(plan('arrivals: { burst: 1m }')), [])
  t.strictSame(await ofPlan(plan('arrivals: { burst: 0s }')), ['openFiles'])
  t.strictSame(await ofPlan(plan('arrivals: { burst: 0s }, share: 1%')), [])
  t.strictSame(await ofPlan(plan('arrivals: { burst: 0s }, maxInFlight: 100')), [])
  t.strictSame(await ofPlan(plan('arrivals: { rate: 10, to: 5000, for: 1m }')), ['openFiles', 'trackedConnections'])
  t.strictSame(await ofPlan(plan('arrivals: { burst: 1m }', 'models: { 8861: { keyGeneration: 30s } }')), ['openFiles'])
})
