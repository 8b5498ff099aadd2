import type { Connections } from '@capfkit/server'
import { statement } from './run-store.ts'

const ROUND_TRIPS = 5

/** Ms since 1970, which no correction of the clock of this machine moves. */
export const localMs = (): number => performance.timeOrigin + performance.now()

/** Ms on a clock that all processes of this machine share, which goes on while they are stopped, and which nothing corrects. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** How far the clock of the database is ahead of ours, ms, within half of a round trip. */
export type ClockOffset = { readonly offsetMs: number; readonly roundTripMs: number }

/** Compare the clocks: of several round trips the shortest counts, as its answer was under way for the shortest time. */
export const measureClock = async (connections: Connections): Promise<ClockOffset> => {
  let best: ClockOffset = { offsetMs: 0, roundTripMs: Number.POSITIVE_INFINITY }
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const sentMs = localMs()
    const { rows } = await connections.run(statement('now', []))
    const backMs = localMs()
    const roundTripMs = backMs - sentMs
    if (roundTripMs < best.roundTripMs) best = { roundTripMs, offsetMs: Number(rows[0]?.ms) - (sentMs + backMs) / 2 }
  }
  return best
}

/** The same in words. */
export const clockWords = ({ offsetMs, roundTripMs }: ClockOffset): string =>
  `its clock is ${Math.abs(offsetMs).toFixed(1)} ms ${offsetMs < 0 ? 'ahead of' : 'behind'} the database's, ± ${(roundTripMs / 2).toFixed(1)} ms`
