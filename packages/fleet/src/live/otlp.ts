import type { Metric } from '@capfkit/listen'

/** OpenTelemetry Protocol 1.x, JSON encoding of protobuf: 64-bit numbers are texts, enums are numbers. */
const CUMULATIVE = 2
const PATH = '/v1/metrics'

const EVERY_MS = 5_000
const TIMEOUT_MS = 5_000
const MOST_ANSWER = 300

export type OtlpInit = {
  /** Of the collector: its base, such as `http://127.0.0.1:4318`, or the whole URL of its metrics. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly metrics: readonly Metric[]
  /** Said of whoever sends: `service.name` and the like. */
  readonly resource: Readonly<Record<string, string>>
  readonly now: () => number
  readonly everyMs?: number
  readonly timeoutMs?: number
  /** Told when the collector takes nothing, once until it does again: a run goes on without it. */
  onFailure(sentence: string): void
}

const attributesOf = (pairs: Iterable<readonly [string, string]>) =>
  [...pairs].map(([key, stringValue]) => ({ key, value: { stringValue } }))

const nanoseconds = (ms: number) => `${BigInt(Math.round(ms)) * 1_000_000n}`

const metricOf = (metric: Metric, { startMs, nowMs }: { startMs: number; nowMs: number }) => {
  const labels = 'series' in metric ? metric.labels : []
  const series = 'series' in metric ? metric.series() : [[[], metric.value()] as const]
  const dataPoints = [...series].map(([values, asDouble]) => ({
    attributes: attributesOf(labels.map((label, index) => [label, values[index] ?? 'none'])),
    startTimeUnixNano: nanoseconds(startMs),
    timeUnixNano: nanoseconds(nowMs),
    asDouble,
  }))
  const { name, help: description, kind } = metric
  return kind === 'counter'
    ? { name, description, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
    : { name, description, gauge: { dataPoints } }
}

const endpointOf = (url: string) => {
  const parsed = new URL(url)
  if (!parsed.pathname.endsWith(PATH)) parsed.pathname = parsed.pathname.replace(/\/*$/, PATH)
  return parsed.href
}

/** Sends metrics to an OpenTelemetry collector every few seconds (OTLP/HTTP, JSON), and a last time at the end. */
export class OtlpPush implements AsyncDisposable {
  readonly #init: OtlpInit
  readonly #endpoint: string
  readonly #startMs: number
  readonly #timer: NodeJS.Timeout
  #sending: Promise<void> | undefined
  #hasFailed = false

  constructor(init: OtlpInit) {
    this.#init = init
    this.#endpoint = endpointOf(init.url)
    this.#startMs = init.now()
    this.#timer = setInterval(() => void this.push(), init.everyMs ?? EVERY_MS)
    this.#timer.unref()
  }

  /** Send what there is now; while something is under way, nothing. */
  push(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  /** The request as a value, for whoever has another way to send it. */
  request(): object {
    const { metrics, resource, now } = this.#init
    const times = { startMs: this.#startMs, nowMs: now() }
    const made = metrics.map(metric => metricOf(metric, times))
    const scopeMetrics = [
      { scope: { name: 'capfkit' }, metrics: made.filter(({ gauge, sum }) => (gauge ?? sum).dataPoints.length > 0) },
    ]
    return { resourceMetrics: [{ resource: { attributes: attributesOf(Object.entries(resource)) }, scopeMetrics }] }
  }

  async #send(): Promise<void> {
    const { headers = {}, timeoutMs = TIMEOUT_MS } = this.#init
    try {
      const response = await fetch(this.#endpoint, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(this.request()),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!response.ok) throw new Error(`it answers ${response.status}: ${(await response.text()).slice(0, MOST_ANSWER)}`)
      await response.body?.cancel()
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed) this.#init.onFailure(`${this.#endpoint} takes no metrics: ${reasonOf(error)}`)
      this.#hasFailed = true
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#sending
    await this.push()
  }
}

/** `fetch failed` says nothing; its cause does. */
const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || message : message
}
