import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ServerError } from './errors.ts'
import type { GroupReport } from './server-group.ts'

export type MetricsInit = {
  host: string
  port: number
  /** Asked at each scrape. */
  report: () => GroupReport
}

/** Gauges, one row each. */
const GAUGES = {
  capf_sessions: { help: 'Sessions at this moment', value: ({ sessions }: GroupReport) => sessions },
  capf_connections: { help: 'TCP connections at this moment, handshakes included', value: (r: GroupReport) => r.connections },
  capf_workers: { help: 'Server processes', value: ({ workers }: GroupReport) => workers },
  capf_memory_bytes: { help: 'Resident memory of all server processes', value: (r: GroupReport) => r.memoryBytes },
} as const

/** Only names from tables become labels, so their number is bounded. */
const fillRegistry = async (report: () => GroupReport) => {
  // Loaded here: a server without metrics does not pay for the library.
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  for (const [name, { help, value }] of Object.entries(GAUGES))
    new Gauge({
      name,
      help,
      registers,
      collect: function () {
        this.set(value(report()))
      },
    })
  new Counter({
    name: 'capf_cpu_seconds_total',
    help: 'CPU time of all server processes',
    registers,
    collect() {
      this.reset()
      this.inc(report().cpuMs / 1000)
    },
  })
  new Counter({
    name: 'capf_sessions_total',
    help: 'Sessions that ended, by operation and CAPF_OP status',
    labelNames: ['operation', 'status'],
    registers,
    collect() {
      this.reset()
      for (const [key, count] of Object.entries(report().counts.sessions)) {
        const [operation = 'none', status = 'none'] = key.split(' ')
        this.inc({ operation, status }, count)
      }
    },
  })
  new Counter({
    name: 'capf_rejected_total',
    help: 'Connections that never became a session, by reason',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(report().counts.rejected)) this.inc({ reason }, count)
    },
  })
  return registry
}

/** `GET /metrics` in Prometheus text and `GET /healthz`. Counts only: no device names, no secrets, no authentication. */
export class MetricsServer implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** @throws {ServerError} `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`. */
  static async start({ host, port, report }: MetricsInit): Promise<MetricsServer> {
    const registry = await fillRegistry(report)
    const server = createServer((request, response) => {
      const isRead = request.method === 'GET' || request.method === 'HEAD'
      const path = request.url?.split('?', 1)[0]
      if (!isRead || (path !== '/metrics' && path !== '/healthz')) return void response.writeHead(404).end()
      if (path === '/healthz') return void response.writeHead(report().workers > 0 ? 200 : 503).end()
      registry.metrics().then(
        text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      )
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', cause => {
        const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
        reject(new ServerError(inUse ? 'SERVER_PORT_IN_USE' : 'SERVER_LISTEN_FAILED', `metrics on ${host}:${port}`, { cause }))
      })
      server.listen({ host, port }, resolve)
    })
    return new MetricsServer(server)
  }

  get address(): { host: string; port: number } {
    const { address, port } = this.#server.address() as AddressInfo
    return { host: address, port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}
