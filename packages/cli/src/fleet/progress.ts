import type { FleetProgress } from '@capfkit/fleet'
import { type Io, note } from '../io.ts'

const PLAIN_MS = 5_000
const BAR_WIDTH = 24

/** Shows how a run goes. */
export interface FleetProgressScreen extends Disposable {
  show(progress: FleetProgress): void
  end(): void
}

const bar = (done: number, total: number) => {
  const full = Math.round((BAR_WIDTH * done) / Math.max(1, total))
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`
}

const HEADINGS = { keys: 'making RSA keys', phones: 'making phones', server: 'starting' } as const

const heading = (progress: FleetProgress): string => {
  if (progress.stage !== 'round') return HEADINGS[progress.stage]
  const { number, of, operation } = progress.round
  return `round ${number + 1} of ${of}, ${operation}`
}

const counts = (progress: FleetProgress): string => {
  if (progress.stage === 'server') return ''
  const { done, total } = progress
  if (progress.stage !== 'round') return `${done} of ${total}`
  const { failed, inFlight, ratePerSecond, p50Ms, p99Ms } = progress
  return [
    `${done} of ${total}`,
    `${failed} failed`,
    `${inFlight} in flight`,
    `${Math.round(ratePerSecond)}/s`,
    `p50 ${Math.round(p50Ms)} ms`,
    `p99 ${Math.round(p99Ms)} ms`,
  ].join(', ')
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
        const part = 'total' in progress ? `${bar(progress.done, progress.total)}  ` : ''
        live(`${head.padEnd(26)}${part}${counts(progress)}`)
        return
      }
      if (head === told && performance.now() - toldAt < PLAIN_MS) return
      told = head
      toldAt = performance.now()
      note(io, [head, counts(progress)].filter(text => text !== '').join(': '))
    },
    end: () => live?.clear(),
    [Symbol.dispose]: () => live?.done(),
  }
}
