import t from 'tap'
import { type Metric, MetricsServer } from '../src/index.ts'

let temperatures: readonly (readonly [string[], number])[] = [
  [['cellar', 'north'], 7.5],
  [['cellar'], 8],
]
let isKnown = false
let isHealthy = true

const METRICS: readonly Metric[] = [
  { name: 'doors', help: 'Doors', kind: 'gauge', value: () => 3 },
  { name: 'visits_total', help: 'Visits', kind: 'counter', value: () => 41 },
  { name: 'temperature', help: 'Temperature', kind: 'gauge', labels: ['room', 'side'], series: () => temperatures },
  { name: 'weight', help: 'Weight', kind: 'gauge', labels: [], series: () => (isKnown ? [[[], 12]] : []) },
  { name: 'rings_total', help: 'Rings', kind: 'counter', labels: ['bell'], series: () => [[['front'], 2]] },
]

const door = await MetricsServer.start({ host: '127.0.0.1', port: 0, metrics: METRICS, isHealthy: () => isHealthy })
t.teardown(() => door[Symbol.asyncDispose]())
const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${door.address.port}${path}`, { method })
const scraped = async () => (await (await ask('/metrics')).text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))

t.test('each scrape asks anew, and has the series that there are then', async t => {
  t.strictSame(await scraped(), [
    'doors 3',
    'visits_total 41',
    'temperature{room="cellar",side="north"} 7.5',
    'temperature{room="cellar",side="none"} 8',
    'rings_total{bell="front"} 2',
  ])
  temperatures = []
  isKnown = true
  t.strictSame(await scraped(), ['doors 3', 'visits_total 41', 'weight 12', 'rings_total{bell="front"} 2'])
})

t.test('a value of somebody else in a label stays a value', async t => {
  temperatures = [[['"} evil 1\n', 'x\\'], 1]]
  t.ok((await scraped()).includes('temperature{room="\\"} evil 1\\n",side="x\\\\"} 1'))
})

t.test('health is asked for under its own path, and nothing else is known', async t => {
  t.equal((await ask('/healthz')).status, 200)
  isHealthy = false
  t.equal((await ask('/healthz')).status, 503)
  t.equal((await ask('/metrics', 'POST')).status, 404)
  t.equal((await ask('/')).status, 404)
})
