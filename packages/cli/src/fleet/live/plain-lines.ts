import { figureInWords, type LiveSnapshot } from '@capfkit/fleet/live'

const PLAIN_MS = 5_000

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

/** A run as plain lines, for logs: one when a stage or state begins, then one every five seconds. */
export const plainLines = (say: (line: string) => void): ((snapshot: LiveSnapshot) => void) => {
  let toldAtMs = 0
  let told = ''
  return snapshot => {
    const head = heading(snapshot)
    const key = `${head} ${snapshot.state}`
    if (snapshot.state === 'ended' || (key === told && snapshot.atMs - toldAtMs < PLAIN_MS)) return
    told = key
    toldAtMs = snapshot.atMs
    const state = snapshot.state === 'preparing' || snapshot.state === 'running' ? '' : ` (${snapshot.state})`
    const text = counts(snapshot).join(', ')
    say(text === '' ? head + state : `${head}${state}: ${text}`)
  }
}
