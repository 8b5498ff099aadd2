import type { Boot, Sighting } from './sighting.ts'

/** Phones that come within so many minutes come together. */
const WINDOW_MS = 300_000
/** Fewer are a few people with a few phones. */
const FEWEST = 10
const SHOWN = 3

/** The most boots that lie within one window, in order. */
const fullestWindow = (boots: readonly Boot[]): Boot[] => {
  const ordered = boots.toSorted((a, b) => a.at - b.at)
  let [from, to] = [0, 0]
  for (let first = 0, last = 0; last < ordered.length; last++) {
    while (ordered[last]!.at - ordered[first]!.at > WINDOW_MS) first++
    if (last + 1 - first > to - from) [from, to] = [first, last + 1]
  }
  return ordered.slice(from, to)
}

/**
 * Whether most of the phones came at once: with another trust list than they had, and to CAPF, or just so. Leaps of faith are
 * not counted: new phones have no list.
 */
export const storms = (boots: readonly Boot[]): Sighting[] => {
  const kinds = {
    'storm.regeneration': boots.filter(({ hasOtherList, asksCapf }) => hasOtherList && asksCapf),
    'storm.reboot': boots.filter(({ hasOtherList, asksCapf }) => !hasOtherList && !asksCapf),
  }
  return Object.entries(kinds).flatMap(([clue, some]) => {
    const together = fullestWindow(some)
    if (together.length < FEWEST || together.length * 2 <= boots.length) return []
    const values = { count: String(together.length), of: String(boots.length) }
    return together.slice(0, SHOWN).map(({ source, line, text, at }) => ({ clue, source, line, text, at, values }))
  })
}
