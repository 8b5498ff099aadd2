import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** Longer is recorded as this: a day, in microseconds. */
const HIGHEST_US = 86_400_000_000

const newHistogram = (): Histogram =>
  build({ bitBucketSize: 32, autoResize: true, numberOfSignificantValueDigits: 3, highestTrackableValue: HIGHEST_US })

const decoded = (encoded: string): Histogram => decodeFromCompressedBase64(encoded, 32)

/** Times in a bounded space, 3 significant digits, whatever their number. */
export class Latency {
  /** Its room is 115 kB, which most phases of most runs never need. */
  #histogram: Histogram | undefined

  record(ms: number): void {
    this.#histogram ??= newHistogram()
    this.#histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1000))))
  }

  /** Add another one to this: exact, nothing is lost. */
  add(other: Latency): void {
    if (other.#histogram) this.#add(other.#histogram)
  }

  #add(histogram: Histogram): void {
    this.#histogram ??= newHistogram()
    this.#histogram.add(histogram)
  }

  /** Add one that was encoded. */
  addEncoded(encoded: string): void {
    if (this.#histogram) this.#add(decoded(encoded))
    else this.#histogram = decoded(encoded)
  }

  get count(): number {
    return this.#histogram?.totalCount ?? 0
  }

  /** At most this many ms in `percent` of the cases; 0 when nothing was recorded. */
  percentile(percent: number): number {
    return this.#histogram && this.count > 0 ? this.#histogram.getValueAtPercentile(percent) / 1000 : 0
  }

  summary(): LatencySummary {
    const at = (percent: number) => Math.round(this.percentile(percent) * 1000) / 1000
    return { count: this.count, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: at(100) }
  }

  /** HdrHistogram's V2 compressed form, base64: other HDR tools read it. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram ?? newHistogram())
  }

  static decode(encoded: string): Latency {
    const latency = new Latency()
    latency.addEncoded(encoded)
    return latency
  }
}

/** Percentiles in ms. */
export type LatencySummary = { count: number; p50: number; p90: number; p99: number; p999: number; max: number }
