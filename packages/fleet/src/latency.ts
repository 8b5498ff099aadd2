import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** Longer is recorded as this: a day, in microseconds. */
const HIGHEST_US = 86_400_000_000

/** Times in a bounded space, 3 significant digits, whatever their number. */
export class Latency {
  readonly #histogram: Histogram

  constructor(
    histogram: Histogram = build({
      bitBucketSize: 32,
      autoResize: true,
      numberOfSignificantValueDigits: 3,
      highestTrackableValue: HIGHEST_US,
    }),
  ) {
    this.#histogram = histogram
  }

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1000))))
  }

  /** Add another one to this: exact, nothing is lost. */
  add(other: Latency): void {
    this.#histogram.add(other.#histogram)
  }

  get count(): number {
    return this.#histogram.totalCount
  }

  /** At most this many ms in `percent` of the cases; 0 when nothing was recorded. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percent) / 1000
  }

  summary(): LatencySummary {
    const at = (percent: number) => Math.round(this.percentile(percent) * 1000) / 1000
    return { count: this.count, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: at(100) }
  }

  /** HdrHistogram's V2 compressed form, base64: other HDR tools read it. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram)
  }

  static decode(encoded: string): Latency {
    return new Latency(decodeFromCompressedBase64(encoded, 32))
  }
}

/** Percentiles in ms. */
export type LatencySummary = { count: number; p50: number; p90: number; p99: number; p999: number; max: number }
