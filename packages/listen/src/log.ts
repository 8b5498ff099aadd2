import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogLevel } from './options.ts'

export type { Logger } from 'pino'

/** Names under which a secret could ever reach the log: their values are never written, at any depth that is logged. */
const SECRETS = ['password', 'authString', 'privateKey', 'keyPem', 'key']

/** Lines that are kept while they cannot be written; the rest is lost. */
const MAX_WAITING_BYTES = 1_048_576

/** A log that cannot be written, because the disk behind it is full, must not end the sessions: it goes on when there is room. */
const openLog = (file: number | string): DestinationStream => {
  const destination = pino.destination({ dest: file, sync: true, maxLength: MAX_WAITING_BYTES })
  destination.on('error', () => {})
  return destination
}

const STDERR = 2

/** A structured log, JSON Lines on stderr unless `destination` says otherwise. */
export const createLog = (options: { level: LogLevel; destination?: DestinationStream }): Logger =>
  pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap(name => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
    },
    options.destination ?? openLog(STDERR),
  )
