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

const CURSOR = { hide: '\u001b[?25l', show: '\u001b[?25h' } as const

/** The cursor is there again however the program ends. */
const hiddenCursor = ({ stderr }: Io): Disposable => {
  const show = () => void stderr.write(CURSOR.show)
  stderr.write(CURSOR.hide)
  process.once('exit', show)
  return {
    [Symbol.dispose]: () => {
      process.off('exit', show)
      show()
    },
  }
}

const screen = async (io: Io, actions: Omit<KeyActions, 'toggleHelp'>): Promise<RunDisplay> => {
  const { createLogUpdate } = await import('log-update')
  // It would hide the cursor itself, and listen to signals for that: two Ctrl-C would no longer end the program.
  const live = createLogUpdate(io.stderr as NodeJS.WriteStream, { showCursor: true })
  const cursor = hiddenCursor(io)
  const history = new LiveHistory()
  const paint = painter(io.stderr, io)
  let last: LiveSnapshot | undefined
  let isHelp = false
  let isOver = false
  let keys: Keys | undefined
  const draw = () => {
    if (!last || isOver) return
    const state = { snapshot: last, history, columns: columnsOf(io.stderr), hasKeys: keys !== undefined, isHelp }
    live(screenLines(state, { rows: rowsOf(io.stderr), paint }).join('\n'))
  }
  const toggleHelp = () => {
    isHelp = !isHelp
  }
  // Processes of Node put the terminal back as they found it when they end, whenever that is: those of the run must have found it as
  // it was. Until they are there, Ctrl-C is the signal that it always is.
  const listen = () => {
    keys ??= Keys.listen(io.stdin, {
      press: typed => {
        press(typed, { ...actions, toggleHelp })
        draw()
      },
    })
  }
  const end = () => {
    if (isOver) return
    isOver = true
    live.clear()
    live.done()
    keys?.[Symbol.dispose]()
    cursor[Symbol.dispose]()
  }
  return {
    show: snapshot => {
      last = snapshot
      history.add(snapshot)
      if (snapshot.state !== 'preparing' && !isOver) listen()
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
  const { isTTY, columns, rows } = io.stderr
  // One without a size, as some programs pretend to be, shows nothing that is redrawn.
  const isScreen = isTTY && columns !== 0 && rows !== 0 && io.env.TERM !== 'dumb'
  return isScreen ? screen(io, how.actions) : lines(io)
}
