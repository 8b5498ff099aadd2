import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Metric, MetricsServer } from '@capfkit/listen'
import t from 'tap'
import type { LiveSnapshot } from '../src/live/index.ts'
import { fleetMetrics } from '../src/live/metrics.ts'
import { OtlpPush } from '../src/live/otlp.ts'

const SNAPSHOT = {
  figures: { done: 41, inFlight: 3, scheduledP99Ms: 250, actualRunP50Ms: 12, memoryBytes: 5e7, donePerSecond: 7.5 },
  failures: [{ side: 'server', phase: 'tls', reason: 'PHONE_TLS_FAILED', count: 2 }],
  otherFailures: 5,
  disturbances: [{ fault: 'stall', outcome: 'closed', count: 6 }],
  stretches: [{ phase: 'tls', run: { p50: 1, p90: 2, p99: 3 } }],
  thresholds: [{ sentence: 'p99 < 200ms', value: '250ms', holds: false }],
} as unknown as LiveSnapshot

const metrics = fleetMetrics(() => SNAPSHOT)

t.test('a scrape gives the figures of the moment in base units', async t => {
  await using door = await MetricsServer.start({ host: '127.0.0.1', port: 0, metrics, isHealthy: () => true })
  const text = await (await fetch(`http://127.0.0.1:${door.address.port}/metrics`)).text()
  for (const line of [
    '# TYPE capf_fleet_done_total counter',
    'capf_fleet_done_total 41',
    '# TYPE capf_fleet_in_flight gauge',
    'capf_fleet_in_flight 3',
    'capf_fleet_latency_seconds{start="scheduled",window="last",quantile="0.99"} 0.25',
    'capf_fleet_latency_seconds{start="actual",window="run",quantile="0.5"} 0.012',
    'capf_fleet_operations_per_second{what="done"} 7.5',
    'capf_fleet_failures_total{side="server",phase="tls",reason="PHONE_TLS_FAILED"} 2',
    'capf_fleet_failures_total{side="other",phase="other",reason="other"} 5',
    'capf_fleet_phase_seconds{phase="tls",window="run",quantile="0.99"} 0.003',
    'capf_fleet_disturbances_total{fault="stall",outcome="closed"} 6',
    'capf_fleet_threshold_holds{threshold="p99 < 200ms"} 0',
  ])
    t.ok(text.split('\n').includes(line), line)
  t.notMatch(text, /capf_fleet_started_total \d/, 'what is not known is not told')
})

/** A collector for as long as it is needed. */
const collector = async (answer: RequestListener) => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>(resolve => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close }
}

const pushTo = (url: string, change: { timeoutMs?: number; metrics?: readonly Metric[] } = {}) => {
  const failures: string[] = []
  const push = new OtlpPush({
    ...{
      url,
      metrics,
      resource: { 'service.name': 'x' },
      headers: { authorization: 'Bearer secret' },
      now: () => 1_700_000_000_000,
    },
    ...{ everyMs: 3_600_000, onFailure: (sentence: string) => failures.push(sentence) },
    ...change,
  })
  return { push, failures }
}

t.test('a collector is sent OTLP in JSON, and a last time at the end', async t => {
  const heard: { url: string | undefined; headers: object; body: ReturnType<typeof JSON.parse> }[] = []
  await using server = await collector(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    heard.push({ url: request.url, headers: request.headers, body: JSON.parse(body) })
    response.end('{}')
  })
  const { push, failures } = pushTo(server.url)
  await push.push()
  await push[Symbol.asyncDispose]()
  t.equal(heard.length, 2)
  t.strictSame(failures, [])
  const [{ url, headers, body }] = heard as [(typeof heard)[0]]
  t.equal(url, '/v1/metrics')
  t.match(headers, { 'content-type': 'application/json', authorization: 'Bearer secret' })
  const [{ resource, scopeMetrics }] = body.resourceMetrics
  t.strictSame(resource.attributes, [{ key: 'service.name', value: { stringValue: 'x' } }])
  const sent = new Map<string, ReturnType<typeof JSON.parse>>(
    scopeMetrics[0].metrics.map((metric: { name: string }) => [metric.name, metric]),
  )
  const point = { startTimeUnixNano: '1700000000000000000', timeUnixNano: '1700000000000000000' }
  t.strictSame(sent.get('capf_fleet_done_total').sum, {
    dataPoints: [{ ...point, attributes: [], asDouble: 41 }],
    aggregationTemporality: 2,
    isMonotonic: true,
  })
  const latencies = sent.get('capf_fleet_latency_seconds').gauge.dataPoints
  t.match(latencies[0], { asDouble: 0.25, attributes: [{ key: 'start', value: { stringValue: 'scheduled' } }, {}, {}] })
  t.notOk(sent.has('capf_fleet_started_total'), 'what is not known is not told')
})

t.test('the URL of its metrics may be given as it is', async t => {
  const paths: (string | undefined)[] = []
  await using server = await collector((request, response) => {
    paths.push(request.url)
    response.end()
  })
  for (const path of ['', '/', '/otlp', '/otlp/v1/metrics']) await pushTo(server.url + path).push.push()
  t.strictSame(paths, ['/v1/metrics', '/v1/metrics', '/otlp/v1/metrics', '/otlp/v1/metrics'])
})

t.test('a collector that takes nothing is told of once, until it takes something again', async t => {
  let status = 503
  await using server = await collector((_, response) => void response.writeHead(status).end('overloaded'))
  const { push, failures } = pushTo(server.url)
  await push.push()
  await push.push()
  t.match(failures, [/\/v1\/metrics takes no metrics: it answers 503: overloaded$/])
  status = 200
  await push.push()
  status = 401
  await push.push()
  t.equal(failures.length, 2)
  t.notMatch(failures.join(), /secret/)
})

t.test('one that is not there, redirects or never answers costs its time-out and no more', async t => {
  await using silent = await collector(() => {})
  await using elsewhere = await collector((_, response) => void response.writeHead(302, { location: silent.url }).end())
  for (const [url, wanted] of [
    ['http://127.0.0.1:9', /takes no metrics: /],
    [silent.url, /takes no metrics: .*timeout/],
    [elsewhere.url, /takes no metrics: .*redirect/],
  ] as const) {
    const { push, failures } = pushTo(url, { timeoutMs: 50 })
    await push[Symbol.asyncDispose]()
    t.match(failures, [wanted], url)
  }
})
