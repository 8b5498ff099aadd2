const STEPS = '▁▂▃▄▅▆▇█'

/** Values as a row of bars, the newest at the right; the highest of them is a full bar. */
export const sparkline = (values: readonly number[], width: number): string => {
  const shown = width > 0 ? values.slice(-width) : []
  const highest = Math.max(...shown, Number.MIN_VALUE)
  const bars = shown.map(value => STEPS[Math.min(STEPS.length - 1, Math.floor((Math.max(0, value) / highest) * STEPS.length))])
  return bars.join('')
}
