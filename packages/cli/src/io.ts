import { styleText } from 'node:util'

export type Output = {
  write(text: string | Uint8Array): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** What is needed of a terminal to hear single keys. */
export type Keyboard = {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
  on?(event: 'data', hear: (chunk: Buffer | string) => void): unknown
  off?(event: 'data', hear: (chunk: Buffer | string) => void): unknown
  resume?(): unknown
  pause?(): unknown
}

type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** The world as a command sees it: `process` for the program, something else for a test. */
export type Io = {
  readonly stdin: AsyncIterable<Uint8Array | string> & Keyboard
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signals: {
    on(name: SignalName, listener: () => void): unknown
    off(name: SignalName, listener: () => void): unknown
    /** As if it had been sent: a terminal that gives single keys sends none for Ctrl-C. */
    emit(name: SignalName): unknown
  }
  now(): Date
}

export const processIo = (): Io => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signals: process,
  now: () => new Date(),
})

/** Words for people: to stderr, where they do not mix with a result. */
export const note = (io: Io, line: string): void => {
  io.stderr.write(`${line}\n`)
}

export const print = (io: Io, line: string): void => {
  io.stdout.write(`${line}\n`)
}

type Style = Parameters<typeof styleText>[0]

/** Colours text for an output: only on a terminal, and never where NO_COLOR is set (https://no-color.org). */
export const painter = (output: Output, { env }: Pick<Io, 'env'>): ((style: Style, text: string) => string) => {
  const hasColour = output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  return (style, text) => (hasColour ? styleText(style, text, { validateStream: false }) : text)
}

/** Rows that a screen may use: those of the terminal, 24 where it does not say. */
export const rowsOf = (output: Output): number => (output.isTTY && output.rows ? output.rows : 24)

/** Columns that a screen may use: those of the terminal, 80 where there is none. */
export const columnsOf = (output: Output): number => (output.isTTY && output.columns ? output.columns : 80)
