import { type Io, note } from './io.ts'

/** How far a long piece of work is. */
export interface Progress extends Disposable {
  show(done: number): void
  /** It is done: the live line stays as it was last. */
  end(): void
}

const TERMINAL_MS = 100
const PLAIN_MS = 10_000

const wholeSeconds = (ms: number) => Math.ceil(ms / 1000)

/** A live line on a terminal, a plain line now and then elsewhere; both on stderr. */
export const startProgress = async (io: Io, { what, total }: { what: string; total: number }): Promise<Progress> => {
  const isLive = io.stderr.isTTY === true
  // Whoever hides the cursor listens to signals, and two Ctrl-C would no longer end the program.
  const live = isLive
    ? (await import('log-update')).createLogUpdate(io.stderr as NodeJS.WriteStream, { showCursor: true })
    : undefined
  const startedAt = performance.now()
  let toldAt = startedAt
  const line = (done: number) => {
    const elapsedMs = performance.now() - startedAt
    const perSecond = (done / elapsedMs) * 1000
    return `${what}: ${done} of ${total}, ${perSecond.toFixed(perSecond < 10 ? 1 : 0)} a second, ${wholeSeconds(((total - done) / done) * elapsedMs)} s left`
  }
  return {
    show: done => {
      if (performance.now() - toldAt < (isLive ? TERMINAL_MS : PLAIN_MS)) return
      toldAt = performance.now()
      if (live) live(line(done))
      else note(io, line(done))
    },
    end: () => live?.clear(),
    [Symbol.dispose]: () => live?.done(),
  }
}
