import { formatLibestLine, formatNginxLine, type NginxContext, type NginxLevel } from '@capfkit/codec/trace'
import { type LibestLineName, type LineValues, libestLine } from './log-lines.ts'

/** Where text goes. A log that cannot be written must not end a request, so nobody hears of it here. */
export type LogSink = { write(text: string): void }

/** The connection that a line is about. */
export type LineOrigin = { readonly connection: number; readonly context: NginxContext }

const local = (at: Date): number => at.getTime() - at.getTimezoneOffset() * 60_000

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `27/Feb/2019:16:53:28 -0500` */
export const accessTime = (at: Date): string => {
  const [date = '', time = ''] = new Date(local(at)).toISOString().slice(0, 19).split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  const offset = -at.getTimezoneOffset()
  const minutes = Math.abs(offset)
  const zone = `${String(Math.floor(minutes / 60)).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} ${offset < 0 ? '-' : '+'}${zone}`
}

export type ErrorLogInit = {
  readonly sink: LogSink
  /** The log of the service, where what it says before its error.log is open goes. The error.log itself without it. */
  readonly serviceSink?: LogSink
  readonly now: () => Date
  readonly pid?: number
}

/** The error.log of a registration authority: lines of nginx, with those of libest in between [EST-6.4]. */
export class ErrorLog {
  readonly #sink: LogSink
  readonly #serviceSink: LogSink
  readonly #now: () => Date
  readonly #pid: number

  constructor({ sink, serviceSink = sink, now, pid = process.pid }: ErrorLogInit) {
    this.#sink = sink
    this.#serviceSink = serviceSink
    this.#now = now
    this.#pid = pid
  }

  /** A line as nginx writes it before its log is open. */
  starting(level: NginxLevel, text: string): void {
    this.#serviceSink.write(`${formatNginxLine({ level, text })}\n`)
  }

  nginx(level: NginxLevel, { text, origin }: { text: string; origin?: LineOrigin }): void {
    const process = { localTimeMs: local(this.#now()), pid: this.#pid, tid: 0, ...origin }
    this.#sink.write(`${formatNginxLine({ level, text, process })}\n`)
  }

  libest(name: LibestLineName, values?: LineValues): void {
    this.#sink.write(formatLibestLine(libestLine(name, values)))
  }

  /** As {@link libest}, while the server starts. */
  startingLibest(name: LibestLineName, values?: LineValues): void {
    this.#serviceSink.write(formatLibestLine(libestLine(name, values)))
  }
}
