import type { Dating } from './sighting.ts'

/** `2019-02-27T16:53:28.000`, without a zone, for logs have none; the time alone where lines have no date. */
export const formatMoment = (at: number, dating: Dating): string => {
  const day = new Date(at)
  if (Number.isNaN(day.getTime())) return ''
  const text = day.toISOString().slice(0, -1)
  return dating === 'time' ? text.slice(11) : text
}

const MINUTE_MS = 60_000
const UNITS = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3_600 },
  { unit: 'min', seconds: 60 },
  { unit: 's', seconds: 1 },
] as const

/** How far a clock is ahead: `-7 ms`, `5 h`, `-1 h 30 min`; whole seconds from a minute on. */
export const formatOffset = (ms: number): string => {
  if (Math.abs(ms) < MINUTE_MS) return `${ms} ms`
  let left = Math.round(Math.abs(ms) / 1_000)
  const parts = UNITS.flatMap(({ unit, seconds }) => {
    const count = Math.floor(left / seconds)
    left -= count * seconds
    return count > 0 ? [`${count} ${unit}`] : []
  })
  return `${ms < 0 ? '-' : ''}${parts.join(' ')}`
}
