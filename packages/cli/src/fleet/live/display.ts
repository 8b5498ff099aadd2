import { LiveHistory, type LiveSnapshot } from '@capfkit/fleet/live'
import { columnsOf, type Io, note, painter, print, rowsOf } from '../../io.ts'
import { Keys } from './keyboard.ts'
import { type KeyActions, press } from './keys.ts'
import { plainLines } from './plain-lines.ts'
import { screenLines } from './screen.ts'

/** Where a run is shown. */
export interface RunDisplay extends Disposable {
  show(snapshot: LiveSnapshot): void
  /** A line that stays; a live screen goes on below it. */
  say(line: string): void
  /** The run is over: what was live goes away, and the terminal is as before. */
  end(): void
}

const lines = (io: Io): RunDisplay => {
  const show = plainLines(line => note(io, line))
  return { show, say: line => note(io, line), end: () => {}, [Symbol.dispose]: () => {} }
}

const jsonLines = (io: Io): RunDisplay => ({
  show: snapshot => print(io, JSON.stringify({ type: 'snapshot', ...snapshot })),
  say: line => note(io, line),
  end: () => {},
  [Symbol.dispose]: () => {},
})

const screen = async (io: Io, actions: Omit<KeyActions, 'toggleHelp'>): Promise<RunDisplay> => {
  const { createLogUpdate } = await import('log-update')
  const live = createLogUpdate(io.stderr as NodeJS.WriteStream)
  const history = new LiveHistory()
  const paint = painter(io.stderr, io)
  let last: LiveSnapshot | undefined
  let isHelp = false
  let isOver = false
  const draw = () => {
    if (!last || isOver) return
    const state = { snapshot: last, history, columns: columnsOf(io.stderr), hasKeys: keys !== undefined, isHelp }
    live(screenLines(state, { rows: rowsOf(io.stderr), paint }).join('\n'))
  }
  const toggleHelp = () => {
    isHelp = !isHelp
  }
  const keys = Keys.listen(io.stdin, typed => {
    press(typed, { ...actions, toggleHelp })
    draw()
  })
  const end = () => {
    if (isOver) return
    isOver = true
    live.clear()
    live.done()
    keys?.[Symbol.dispose]()
  }
  return {
    show: snapshot => {
      last = snapshot
      history.add(snapshot)
      draw()
    },
    say: line => {
      if (!isOver) live.clear()
      note(io, line)
      draw()
    },
    end,
    [Symbol.dispose]: end,
  }
}

/** A live screen with keys on a terminal, plain lines elsewhere, or a snapshot a line on stdout. */
export const startDisplay = (
  io: Io,
  how: { jsonLines: boolean; actions: Omit<KeyActions, 'toggleHelp'> },
): Promise<RunDisplay> | RunDisplay => {
  if (how.jsonLines) return jsonLines(io)
  return io.stderr.isTTY && io.env.TERM !== 'dumb' ? screen(io, how.actions) : lines(io)
}
