import type { Dating } from './sighting.ts'

/** `2019-02-27T16:53:28.000`, without a zone, for logs have none; the time alone where lines have no date. */
export const formatMoment = (at: number, dating: Dating): string => {
  const day = new Date(at)
  if (Number.isNaN(day.getTime())) return ''
  const text = day.toISOString().slice(0, -1)
  return dating === 'time' ? text.slice(11) : text
}
