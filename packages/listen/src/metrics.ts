import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address } from './address.ts'
import { bind } from './bind.ts'

/** One metric: asked at each scrape. Only names from tables may become labels, so that their number is bounded. */
export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly kind: 'gauge' | 'counter'; readonly value: () => number }
  | {
      readonly kind: 'gauge' | 'counter'
      readonly labels: readonly string[]
      /** For each series the values of its labels, in their order, and its value or count. */
      readonly series: () => Iterable<readonly [values: readonly string[], value: number]>
    }
)

export type MetricsInit = Address & {
  readonly metrics: readonly Metric[]
  /** Whether `GET /healthz` says yes. */
  readonly isHealthy: () => boolean
}

const fillRegistry = async (metrics: readonly Metric[]) => {
  // Loaded here: a server without metrics does not pay for the library.
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  for (const metric of metrics) {
    const { name, help } = metric
    if ('series' in metric) {
      const { kind, labels, series } = metric
      const labelsOf = (values: readonly string[]) =>
        Object.fromEntries(labels.map((label, index) => [label, values[index] ?? 'none']))
      const all = { name, help, registers, labelNames: [...labels] }
      if (kind === 'gauge')
        new Gauge({
          ...all,
          collect() {
            this.reset()
            // The one series of a metric without labels is otherwise always there, as 0.
            if (labels.length === 0) this.remove()
            for (const [values, value] of series()) this.set(labelsOf(values), value)
          },
        })
      else
        new Counter({
          ...all,
          collect() {
            this.reset()
            if (labels.length === 0) this.remove()
            for (const [values, count] of series()) this.inc(labelsOf(values), count)
          },
        })
    } else if (metric.kind === 'gauge')
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(metric.value())
        },
      })
    else
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(metric.value())
        },
      })
  }
  return registry
}

/** `GET /metrics` in Prometheus text and `GET /healthz`. Counts only: no device names, no secrets, no authentication. */
export class MetricsServer implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** @throws {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED`. */
  static async start({ host, port, metrics, isHealthy }: MetricsInit): Promise<MetricsServer> {
    const registry = await fillRegistry(metrics)
    const server = createServer((request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      const path = request.url?.split('?', 1)[0]
      if (!isRead || (path !== '/metrics' && path !== '/healthz')) return void response.writeHead(404).end()
      if (path === '/healthz') return void response.writeHead(isHealthy() ? 200 : 503).end()
      registry.metrics().then(
        text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      )
    })
    await bind(server, { host, port, name: 'metrics on' })
    return new MetricsServer(server)
  }

  get address(): Address {
    const { address, port } = this.#server.address() as AddressInfo
    return { host: address, port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}
