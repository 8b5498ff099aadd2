import type { FleetError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'
import type { FleetOptions } from '../options.ts'
import type { Recording } from '../recording/run-recording.ts'
import type { RunStanding } from '../resume/run-standing.ts'
import { writeSummary } from '../run-files.ts'
import { parseSourceAddresses } from '../source-addresses.ts'
import { type FleetSummary, type RoundSummary, summarize } from '../summary.ts'
import type { Tally } from '../tally.ts'
import type { RunResources } from './prepare-run.ts'
import type { Steering } from './steering.ts'

type EndOfRun = {
  options: FleetOptions
  resources: RunResources
  steering: Steering
  /** What was counted, in earlier processes too. */
  tally: Tally
  rounds: RoundSummary[]
  past: RunStanding | undefined
  /** Keys of a pool that is not here. */
  keysElsewhere: number
}

/** What a run has come to. */
export const summaryOfRun = async (end: EndOfRun): Promise<FleetSummary> => {
  const { options, resources, steering, tally, rounds, past, keysElsewhere } = end
  const { phases, target, keyPool, identities } = resources
  const report = await resources.server?.report()
  const started = tally.ended + tally.skipped
  return summarize({
    options,
    phones: identities.count,
    // What a phase by time has had was all that it was to have.
    planned: phases.some(({ total }) => total === undefined) ? started : phases.reduce((sum, { total }) => sum + total!, 0),
    target,
    tally,
    rounds,
    health: steering.clients.health,
    pastKeys: past?.keys,
    poolSize: keyPool?.count ?? keysElsewhere,
    isLoopback: isLoopback(target.host),
    sourceAddresses: parseSourceAddresses(options.sourceAddresses).count,
    isScheduled: phases.some(({ arrivals }) => arrivals.kind === 'rate'),
    stopped: steering.wasStopped,
    thresholds: steering.thresholds.results({ tally, seconds: rounds.reduce((sum, { seconds }) => sum + seconds, 0) }),
    broken: steering.broken,
    recordingFailure: steering.recordingFailure,
    server: report && { processes: report.workers, memoryBytes: report.memoryBytes },
  })
}

/** Leave the summary with the recording. What cannot be written is told in the summary that is returned. */
export const keepSummary = async (
  summary: FleetSummary,
  { recording, out, steering }: { recording: Recording; out: string | undefined; steering: Steering },
): Promise<FleetSummary> => {
  await recording.end(summary).catch(({ message }: Error) => steering.recordingFailed(message))
  if (out !== undefined) await writeSummary(out, summary).catch(({ message }: FleetError) => steering.recordingFailed(message))
  const failure = steering.recordingFailure
  if (failure === undefined || summary.because.includes(failure)) return summary
  return { ...summary, verdict: 'invalid', because: [...summary.because, failure] }
}
