import type { Source } from './evidence.ts'
import type { Anchor } from './sighting.ts'

const DAY_MS = 86_400_000
const HALF_DAY_MS = DAY_MS / 2
/** What one event takes from one log into the next. */
const TOLERANCE_MS = 3_000

/** Kinds by whose clock others are told, the first that is there. */
const REFERENCES = ['capf-trace', 'error-log', 'iis-log', 'phone-console', 'phone-status']

const isPhone = ({ kind }: Source) => kind.startsWith('phone-')

/** Into half a day around nothing: lines without a date can say no more. */
const withinDay = (ms: number) => {
  const rest = ((ms % DAY_MS) + DAY_MS) % DAY_MS
  return rest > HALF_DAY_MS ? rest - DAY_MS : rest
}

/** Events of no device go with each other in all pairs: the first ones are enough. */
const MAX_OF_A_KEY = 300

const byEvent = (anchors: readonly Anchor[]): Map<string, number[]> => {
  const events = new Map<string, number[]>()
  for (const { key, device = '', at } of anchors) {
    const known = events.get(`${key} ${device}`)
    if (!known) events.set(`${key} ${device}`, [at])
    else if (known.length < MAX_OF_A_KEY) known.push(at)
  }
  return events
}

/** How far the clock of `of` is ahead of that of `by`: the difference that most pairs agree on, the smaller one of equals. */
const differenceOf = (of: Source, by: Source): { ms: number; count: number } | undefined => {
  const isDated = of.dating === 'full' && by.dating === 'full'
  const others = byEvent(by.anchors)
  const differences = [...byEvent(of.anchors)].flatMap(([event, mine]) =>
    mine.flatMap(at => (others.get(event) ?? []).map(theirs => (isDated ? at - theirs : withinDay(at - theirs)))),
  )
  const sorted = differences.sort((a, b) => a - b)
  let best: { ms: number; count: number } | undefined
  for (let first = 0, last = 0; first < sorted.length; first++) {
    while (last < sorted.length && sorted[last]! - sorted[first]! <= TOLERANCE_MS) last++
    const count = last - first
    const ms = sorted[first + Math.floor((count - 1) / 2)]!
    if (!best || count > best.count || (count === best.count && Math.abs(ms) < Math.abs(best.ms))) best = { ms, count }
  }
  return best
}

/** What happened in a second was half a second after its beginning, on the average. */
const HALF_SECOND_MS = 500
const lagOf = ({ isWholeSeconds }: Source) => (isWholeSeconds ? HALF_SECOND_MS : 0)

/** As well as it can be told: within a second of lines without parts of it there is no difference. */
const offsetOf = (of: Source, by: Source): number | undefined => {
  const found = differenceOf(of, by)
  if (!found) return undefined
  const ms = Math.round(found.ms + lagOf(of) - lagOf(by))
  const isCoarse = of.isWholeSeconds || by.isWholeSeconds
  return isCoarse && Math.abs(ms) < 2 * HALF_SECOND_MS ? 0 : ms
}

/**
 * How far the clock of each source is ahead of that of the first one, ms, estimated from events that several of them see; nothing
 * where they have none in common. Files of one kind that come from a server share its clock.
 */
export const clockOffsets = (sources: readonly Source[]): (number | undefined)[] => {
  const offsets: (number | undefined)[] = sources.map(() => undefined)
  const dated = sources.map((source, index) => ({ source, index })).filter(({ source }) => REFERENCES.includes(source.kind))
  const [reference] = dated.toSorted((a, b) => REFERENCES.indexOf(a.source.kind) - REFERENCES.indexOf(b.source.kind))
  if (!reference) return offsets
  for (const { source, index } of dated) if (source.kind === reference.source.kind && !isPhone(source)) offsets[index] = 0
  offsets[reference.index] = 0
  const known = dated.filter(({ index }) => offsets[index] !== undefined)
  for (let next = known.shift(); next; next = known.shift())
    for (const { source, index } of dated) {
      if (offsets[index] !== undefined) continue
      const ms = offsetOf(source, next.source)
      if (ms === undefined) continue
      offsets[index] = ms + offsets[next.index]!
      // Each phone has a clock of its own, which tells little of others.
      if (!isPhone(source)) known.push({ source, index })
    }
  return offsets
}
