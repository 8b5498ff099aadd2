import { figureInWords, type LiveSnapshot, type RunState } from '@capfkit/fleet/live'

const PLAIN_MS = 5_000
/** The others go without saying. */
const SAID_STATES: ReadonlySet<RunState> = new Set(['paused', 'draining', 'stopping'])

const heading = ({ stage, phase, phases }: LiveSnapshot): string =>
  phase === undefined ? stage : `phase ${phase + 1} of ${phases.length}, ${stage}`

const counts = ({ making, phase, phases, figures, failures, otherFailures }: LiveSnapshot): string[] => {
  if (making) return [`${making.done} of ${making.total}`]
  if (phase === undefined) return []
  const { ended = 0, total } = phases[phase] ?? {}
  const failed = failures.reduce((sum, { count }) => sum + count, otherFailures)
  const { inFlight = 0, donePerSecond = 0, scheduledRunP50Ms, scheduledRunP99Ms } = figures
  return [
    total === undefined ? `${ended} ended` : `${ended} of ${total}`,
    `${failed} failed`,
    `${inFlight} open`,
    `${Math.round(donePerSecond)}/s`,
    ...(scheduledRunP50Ms === undefined
      ? []
      : [
          `p50 ${figureInWords('scheduledRunP50Ms', scheduledRunP50Ms)}`,
          `p99 ${figureInWords('scheduledRunP99Ms', scheduledRunP99Ms)}`,
        ]),
  ]
}

const lineOf = (snapshot: LiveSnapshot): string => {
  const state = SAID_STATES.has(snapshot.state) ? ` (${snapshot.state})` : ''
  const text = counts(snapshot).join(', ')
  return text === '' ? heading(snapshot) + state : `${heading(snapshot)}${state}: ${text}`
}

/** A run as plain lines, for logs: one when a stage or state begins and ends, and one every five seconds. */
export const plainLines = (say: (line: string) => void): ((snapshot: LiveSnapshot) => void) => {
  let toldAtMs = 0
  let told = ''
  /** Of the present stage, when it was not told. */
  let untold: LiveSnapshot | undefined
  let last = ''
  const sayOnce = (line: string) => {
    if (line !== last) say(line)
    last = line
  }
  return snapshot => {
    const key = `${heading(snapshot)} ${snapshot.state}`
    const isOver = snapshot.state === 'ended'
    if (key !== told && untold) sayOnce(lineOf(untold))
    untold = undefined
    if (isOver) return
    if (key === told && snapshot.atMs - toldAtMs < PLAIN_MS) {
      untold = snapshot
      return
    }
    told = key
    toldAtMs = snapshot.atMs
    sayOnce(lineOf(snapshot))
  }
}
