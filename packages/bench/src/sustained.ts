import { readFileSync } from 'node:fs'
import { FleetControl, type FleetSummary, runFleet } from '@capfkit/fleet'

/** Memory of all that the fleet is, MB: its client processes, and the process that coordinates them. */
export type MemoryAt = { done: number; inFlight: number; memoryMb: number }

export type SustainedCost = { summary: FleetSummary; memory: readonly MemoryAt[] }

const MB = 1e6
/** How long phones are watched that all wait: what their handshakes have left behind is gone by then. */
const SETTLE_MS = 15_000

const lines = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Memory of a process, bytes; what it shares with others of its kind, as the program itself, is counted once among them. */
const ownBytes = (pid: number): number => 1024 * Number(/^Pss:\s+(\d+)/m.exec(lines(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)

/** This process and its client processes; 0 where the system does not say. */
const fleetBytes = (): number => {
  const children = lines(`/proc/${process.pid}/task/${process.pid}/children`).trim().split(' ').filter(Boolean).map(Number)
  const clients = children.filter(pid => lines(`/proc/${pid}/cmdline`).includes('client-process'))
  return [process.pid, ...clients].reduce((sum, pid) => sum + ownBytes(pid), 0)
}

type Watched = Parameters<typeof runFleet>[0]['options'] & { phones: number }

/** What a process that measures a run is told. */
export type SustainedRun = { options: Watched; how: Parameters<typeof measureRun>[1] }

/** One run, with what the fleet took at every second of it. @param untilAllStarted  it is stopped a while after its last session has started. */
export const measureRun = async (options: Watched, { untilAllStarted = false } = {}): Promise<SustainedCost> => {
  const memory: MemoryAt[] = []
  const control = new FleetControl()
  let stopping: NodeJS.Timeout | undefined
  const summary = await runFleet({
    options: { embedded: true, ...options },
    control,
    onProgress: progress => {
      if (progress.stage !== 'phase') return
      const { done, inFlight, health } = progress
      const clients = health.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
      const bytes = fleetBytes() || clients + process.memoryUsage.rss()
      if (clients > 0) memory.push({ done, inFlight, memoryMb: bytes / MB })
      if (!untilAllStarted || done + inFlight < options.phones) return
      stopping ??= setTimeout(() => control.stop(), SETTLE_MS)
    },
  })
  clearTimeout(stopping)
  return { summary, memory }
}
