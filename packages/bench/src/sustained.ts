import { FleetControl, type FleetSummary, runFleet } from '@capfkit/fleet'

/** Memory of all that the fleet is, MB: its client processes, and the process that coordinates them. */
export type MemoryAt = { done: number; inFlight: number; memoryMb: number }

export type SustainedCost = { summary: FleetSummary; memory: readonly MemoryAt[] }

const MB = 1e6

type Watched = Parameters<typeof runFleet>[0]['options'] & { phones: number }

/** One run, with what the fleet took at every second of it. @param untilAllStarted  it is stopped when its last session has started. */
export const measureRun = async (options: Watched, { untilAllStarted = false } = {}): Promise<SustainedCost> => {
  const memory: MemoryAt[] = []
  const control = new FleetControl()
  const summary = await runFleet({
    options: { embedded: true, ...options },
    control,
    onProgress: progress => {
      if (progress.stage !== 'phase') return
      const { done, inFlight, health } = progress
      const clients = health.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
      if (clients > 0) memory.push({ done, inFlight, memoryMb: (clients + process.memoryUsage.rss()) / MB })
      if (untilAllStarted && done + inFlight >= options.phones) control.stop()
    },
  })
  return { summary, memory }
}
