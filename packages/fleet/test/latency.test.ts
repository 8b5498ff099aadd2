import fc from 'fast-check'
import t from 'tap'
import { Latency } from '../src/latency.ts'
import { range } from './fleet-options.ts'

const DAY_MS = 86_400_000
const milliseconds = fc.double({ min: 0, max: DAY_MS, noNaN: true })

const latencyOf = (samples: readonly number[]) => {
  const latency = new Latency()
  for (const sample of samples) latency.record(sample)
  return latency
}

/** The smallest sample that `percent` of the samples do not exceed. */
const exact = (samples: readonly number[], percent: number) => {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!
}

t.test('merging the histograms of several processes equals one histogram of everything', async t => {
  const split = fc.array(fc.array(milliseconds, { maxLength: 40 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(split, parts => {
      const merged = new Latency()
      for (const part of parts) merged.add(latencyOf(part))
      const told = new Latency()
      for (const part of parts) told.addEncoded(latencyOf(part).encode())
      const whole = latencyOf(parts.flat())
      return (
        merged.encode() === whole.encode() &&
        told.encode() === whole.encode() &&
        JSON.stringify(merged.summary()) === JSON.stringify(whole.summary())
      )
    }),
    { numRuns: 100 },
  )
  t.pass('exact')
})

t.test('encoding and decoding changes nothing, and what was decoded can be merged', async t => {
  fc.assert(
    fc.property(fc.array(milliseconds, { maxLength: 40 }), milliseconds, (samples, more) => {
      const decoded = Latency.decode(latencyOf(samples).encode())
      decoded.add(latencyOf([more]))
      return decoded.encode() === latencyOf([...samples, more]).encode()
    }),
    { numRuns: 100 },
  )
  t.pass('exact')
})

t.test('percentiles are those of the samples, to three digits', async t => {
  fc.assert(
    fc.property(fc.array(milliseconds, { minLength: 1, maxLength: 200 }), samples => {
      const latency = latencyOf(samples)
      for (const percent of [50, 90, 99, 99.9, 100]) {
        const [got, wanted] = [latency.percentile(percent), exact(samples, percent)]
        if (Math.abs(got - wanted) > wanted / 1000 + 0.001) throw new Error(`p${percent}: ${got}, not ${wanted}`)
      }
    }),
    { numRuns: 200 },
  )
  t.pass('within 0.1 %')
})

t.test('a known distribution', async t => {
  t.strictSame(latencyOf(range(1000).map(index => index + 1)).summary(), {
    count: 1000,
    p50: 500.223,
    p90: 900.095,
    p99: 990.207,
    p999: 999.423,
    max: 1000.447,
  })
})

t.test('nothing recorded: zeros, not nonsense', async t => {
  t.strictSame(new Latency().summary(), { count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
  t.strictSame(Latency.decode(new Latency().encode()).summary(), new Latency().summary())
})

t.test('impossible times are bounded and do not throw', async t => {
  const { count, p50, max } = latencyOf([-5, 0, 10 * DAY_MS]).summary()
  t.equal(count, 3)
  t.ok(p50 <= 0.002)
  t.ok(Math.abs(max - DAY_MS) <= DAY_MS / 1000)
})

t.test('a million samples take no more room than a thousand', async t => {
  const size = (count: number) => latencyOf(range(count).map(index => 1 + ((index * 7919) % 100_000) / 10)).encode().length
  const [few, many] = [size(1000), size(1_000_000)]
  t.ok(many < 40_000, `${many} bytes`)
  t.ok(many < 20 * few)
})
