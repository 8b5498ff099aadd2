import type { TimelineFrame, TimelineOperation } from '../live/phone-timeline.ts'
import { OWN_PHASE } from '../phases.ts'
import type { PlayedTurn } from './replay-recorder.ts'

/** One thing that was otherwise: in words, as it was recorded and as it is now. */
export type ReplayDifference = { readonly what: string; readonly recorded: string; readonly now: string }

const outcomeOf = ({ failure, operation }: TimelineOperation): string =>
  failure ? `failed: ${failure.reason} (${failure.side}, in phase ${failure.phase})` : `done: ${operation}`

/** Recordings of earlier versions do not tell what is in no phase of the protocol. */
const stretchesOf = ({ stretches }: TimelineOperation) =>
  stretches.flatMap(({ name }) => (name === OWN_PHASE ? [] : [name])).join(', ')

const messagesOf = (frames: readonly TimelineFrame[]) => frames.map(({ from, name }) => `${from} ${name}`)

/** The first message that is another one; bytes differ by nature: each session has its own id, keys and signatures. */
const messageDifference = (recorded: readonly TimelineFrame[], now: readonly TimelineFrame[]): ReplayDifference[] => {
  const [before, after] = [messagesOf(recorded), messagesOf(now)]
  // Of a long session the first writes are not kept.
  const at = before.findIndex((name, index) => name !== after[index])
  const end = at === -1 && after.length > before.length ? before.length : at
  if (end === -1) return []
  return [{ what: `message ${end + 1}`, recorded: before[end] ?? 'none', now: after[end] ?? 'none' }]
}

/** Where a turn went otherwise than it is on record. How long things took is no difference. */
export const differencesOf = (recorded: TimelineOperation, { operation, frames }: PlayedTurn): ReplayDifference[] => {
  const pairs = [
    { what: 'outcome', recorded: outcomeOf(recorded), now: outcomeOf(operation) },
    { what: 'phases', recorded: stretchesOf(recorded), now: stretchesOf(operation) },
  ]
  return [
    ...pairs.filter(pair => pair.recorded !== pair.now),
    // Only those of what failed are on record.
    ...(recorded.failure && recorded.failure.frames.length > 0 ? messageDifference(recorded.failure.frames, frames) : []),
  ]
}
