import type { FleetProgress } from '@capfkit/fleet'
import { columnsOf, type Io, note } from '../io.ts'

const PLAIN_MS = 5_000
const HEAD_WIDTH = 24
const BAR = { widest: 24, narrowest: 8 }

/** Shows how a run goes. */
export interface FleetProgressScreen extends Disposable {
  show(progress: FleetProgress): void
  end(): void
}

const bar = (share: number, width: number) => {
  const full = Math.round(width * Math.min(1, share))
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}

const HEADINGS = { keys: 'making RSA keys', phones: 'making phones', server: 'starting the server' } as const

const heading = (progress: FleetProgress): string => {
  if (progress.stage !== 'phase') return HEADINGS[progress.stage]
  const { number, of, name } = progress.phase
  return `phase ${number + 1} of ${of}, ${name}`
}

const counts = (progress: FleetProgress): string[] => {
  if (progress.stage === 'server') return []
  const { done, total } = progress
  if (progress.stage !== 'phase') return [`${done} of ${total}`]
  const { failed, inFlight, ratePerSecond, p50Ms, p99Ms } = progress
  return [
    total === undefined ? `${done} done` : `${done} of ${total}`,
    `${failed} failed`,
    `${inFlight} open`,
    `${Math.round(ratePerSecond)}/s`,
    `p50 ${Math.round(p50Ms)} ms`,
    `p99 ${Math.round(p99Ms)} ms`,
  ]
}

/** As many of the counts, the most important first, as fit. */
const fitting = (texts: readonly string[], width: number): string => {
  const all = texts.join(', ')
  return all.length <= width || texts.length <= 1 ? all : fitting(texts.slice(0, -1), width)
}

/** How much of it is done, by number or else by time. */
const shareDone = (progress: FleetProgress): number | undefined => {
  if (progress.stage === 'server') return undefined
  if (progress.total !== undefined) return progress.done / Math.max(1, progress.total)
  return progress.stage !== 'phase' || progress.forMs === undefined ? undefined : progress.elapsedMs / progress.forMs
}

/** Heading, bar and counts in one line; a narrow terminal has no bar. */
const liveLine = (progress: FleetProgress, columns: number): string => {
  const head = `${heading(progress).padEnd(HEAD_WIDTH)}  `
  const room = columns - 1 - head.length
  const text = fitting(counts(progress), room)
  const width = Math.min(BAR.widest, room - 2 - text.length)
  const share = shareDone(progress)
  const hasBar = share !== undefined && width >= BAR.narrowest
  return `${head}${hasBar ? `${bar(share, width)}  ` : ''}${text}`.slice(0, columns - 1).trimEnd()
}

/** One live line on a terminal; plain lines elsewhere: one when a stage begins, then one every five seconds. */
export const startFleetProgress = async (io: Io): Promise<FleetProgressScreen> => {
  const live = io.stderr.isTTY ? (await import('log-update')).createLogUpdate(io.stderr as NodeJS.WriteStream) : undefined
  let toldAt = 0
  let told = ''
  return {
    show: progress => {
      const head = heading(progress)
      if (live) {
        live(liveLine(progress, columnsOf(io.stderr)))
        return
      }
      if (head === told && performance.now() - toldAt < PLAIN_MS) return
      told = head
      toldAt = performance.now()
      const text = counts(progress).join(', ')
      note(io, text === '' ? head : `${head}: ${text}`)
    },
    end: () => live?.clear(),
    [Symbol.dispose]: () => live?.done(),
  }
}
