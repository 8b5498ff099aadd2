/**
 * One line of a CAPF SDI trace [CAPF-6]: `HH:MM:SS.mmm |-->func` enters, `HH:MM:SS.mmm |<--func` leaves,
 * `HH:MM:SS.mmm | text` says something in between.
 */
export type TraceLine = { timeOfDayMs: number; kind: 'enter' | 'leave' | 'body'; text: string }

const MARKS = { enter: '-->', leave: '<--', body: ' ' } as const

const pad = (value: number, digits: number) => String(value).padStart(digits, '0')

const formatTime = (timeOfDayMs: number) => {
  const wholeMs = Math.floor(timeOfDayMs)
  const seconds = Math.floor(wholeMs / 1000)
  return `${pad(Math.floor(seconds / 3600) % 24, 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}.${pad(wholeMs % 1000, 3)}`
}

/**
 * Write one line, without its end of line. Control characters in the text, those of C1 and the two Unicode line ends
 * too, become spaces: one line stays one, and a device name cannot steer the terminal that shows the trace.
 */
export const formatTraceLine = ({ timeOfDayMs, kind, text }: TraceLine): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  `${formatTime(timeOfDayMs)} |${MARKS[kind]}${text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')}`

// Blanks before the text are cut off afterwards: a second repetition here would make a hostile line quadratic.
const LINE = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\.(\d{3}) \|(-->|<--)?(.*)\r?$/

/** Read one line, with or without the CR of a log that went through Windows; `undefined` when it is not a trace line. */
export const parseTraceLine = (line: string): TraceLine | undefined => {
  const match = LINE.exec(line)
  if (!match) return undefined
  const [, hours, minutes, seconds, milliseconds, mark, text] = match
  return {
    timeOfDayMs: ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(milliseconds),
    kind: mark === '-->' ? 'enter' : mark === '<--' ? 'leave' : 'body',
    text: text?.trimStart() ?? '',
  }
}
