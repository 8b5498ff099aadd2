/** Units of time, in ms. */
const TIME_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const TIME = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** `250ms`, `30s`, `1.5m` in ms. @throws {RangeError} */
export const parseTime = (text: string): number => {
  const [, number, unit] = TIME.exec(text.trim()) ?? []
  if (number === undefined) throw new RangeError(`wants a time such as 250ms, 30s, 5m or 1h, got ${JSON.stringify(text)}`)
  return Number(number) * TIME_UNITS[unit as keyof typeof TIME_UNITS]
}

/** `60000` as `1m`: in the largest unit in which it is whole. */
export const formatTime = (ms: number): string => {
  const unit = (['d', 'h', 'm', 's'] as const).find(name => ms >= TIME_UNITS[name] && ms % TIME_UNITS[name] === 0) ?? 'ms'
  return `${ms / TIME_UNITS[unit]}${unit}`
}

/** `12.5%` as 0.125. @throws {RangeError} */
export const parsePercent = (text: string): number => {
  const [, number] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? []
  if (number === undefined) throw new RangeError(`wants a share such as 30%, got ${JSON.stringify(text)}`)
  return Number(number) / 100
}

const RATE_UNITS = { s: 1, m: 60, h: 3600 } as const

/** `50/s`, `30/m`, `7200/h`, or a plain number, which is by second. @throws {RangeError} */
export const parseRate = (text: string): number => {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text.trim()) ?? []
  if (number === undefined) throw new RangeError(`wants a rate such as 50/s or 30/m, got ${JSON.stringify(text)}`)
  return Number(number) / RATE_UNITS[unit as keyof typeof RATE_UNITS]
}

/** A time that differs from case to case, all in ms. */
export type Distribution =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'normal'; readonly meanMs: number; readonly deviationMs: number }
  | { readonly kind: 'lognormal'; readonly medianMs: number; readonly sigma: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }

const plainNumber = (text: string): number => {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new RangeError(`wants a number as sigma, got ${JSON.stringify(text)}`)
  return Number(text)
}

/** How each is written, and what is read from its arguments. */
export const DISTRIBUTIONS: Readonly<
  Record<string, { readonly written: string; readonly doc: string; of(args: readonly string[]): Distribution }>
> = {
  uniform: {
    written: 'uniform(FROM, TO)',
    doc: 'any time between the two is as likely',
    of: ([from = '', to = '']) => {
      const [fromMs, toMs] = [parseTime(from), parseTime(to)]
      if (fromMs > toMs) throw new RangeError(`wants the shorter time first, got uniform(${from}, ${to})`)
      return { kind: 'uniform', fromMs, toMs }
    },
  },
  normal: {
    written: 'normal(MEAN, DEVIATION)',
    doc: 'around a mean; below nothing is nothing',
    of: ([mean = '', deviation = '']) => ({ kind: 'normal', meanMs: parseTime(mean), deviationMs: parseTime(deviation) }),
  },
  lognormal: {
    written: 'lognormal(MEDIAN, SIGMA)',
    doc: 'mostly around the median, sometimes much longer; SIGMA is a number',
    of: ([median = '', sigma = '']) => ({ kind: 'lognormal', medianMs: parseTime(median), sigma: plainNumber(sigma) }),
  },
  exponential: {
    written: 'exponential(MEAN)',
    doc: 'mostly short, sometimes long',
    of: ([mean = '']) => ({ kind: 'exponential', meanMs: parseTime(mean) }),
  },
}

/** All ways to write a distribution, in words. */
export const DISTRIBUTION_RANGE = ['TIME', ...Object.values(DISTRIBUTIONS).map(({ written }) => written)].join(' | ')

/** `2s`, `normal(2s, 500ms)` and so on. @throws {RangeError} */
export const parseDistribution = (text: string): Distribution => {
  const [, name, inner = ''] = /^([a-z]+)\(([^()]*)\)$/.exec(text.trim()) ?? []
  if (name === undefined) return { kind: 'fixed', ms: parseTime(text) }
  const row = Object.hasOwn(DISTRIBUTIONS, name) ? DISTRIBUTIONS[name] : undefined
  const args = inner.split(',').map(part => part.trim())
  if (!row || args.length !== row.written.split(',').length)
    throw new RangeError(`wants ${DISTRIBUTION_RANGE}, got ${JSON.stringify(text)}`)
  return row.of(args)
}
