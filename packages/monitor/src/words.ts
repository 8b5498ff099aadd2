import { DAY_MS } from './alarms.ts'
import type { Notice } from './notice.ts'
import type { Round } from './round.ts'
import { WATCHED_KINDS } from './watched.ts'

const HOUR_MS = 3_600_000
const VERSION = 1

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** `in 6 days`, `in 3 hours`, `2 days ago`: whole units, rounded down. */
const offWords = (leftMs: number): string => {
  const size = Math.abs(leftMs)
  const words =
    size < HOUR_MS
      ? 'less than an hour'
      : size < 2 * DAY_MS
        ? some(Math.floor(size / HOUR_MS), 'hour')
        : some(Math.floor(size / DAY_MS), 'day')
  return leftMs > 0 ? `ends in ${words}` : `ended ${words} ago`
}

/** One line: `LSC of SEP001122334455 ends in 6 days, 2027-03-14T09:00:00Z`. */
export const noticeWords = ({ watched: { kind, name, file, notAfter }, leftMs }: Notice): string => {
  const of = kind === 'lsc' ? `${WATCHED_KINDS.lsc} of ${name}` : `${WATCHED_KINDS[kind]} ${name}`
  return `${of}${file === undefined ? '' : ` in ${file}`} ${offWords(leftMs)}, ${notAfter.toISOString().replace('.000', '')}`
}

/** A notice as one JSON line. */
export const noticeJson = ({ watched: { kind, name, file, issuer, notAfter }, alarm, severity, dueMs, leftMs }: Notice) => ({
  ...{ version: VERSION, type: 'notice', alarm, severity, kind, name, ...(file === undefined ? {} : { file }), issuer },
  ...{ notAfter: notAfter.toISOString(), daysLeft: Math.floor((leftMs / DAY_MS) * 100) / 100, due: new Date(dueMs).toISOString() },
})

/** The end of a round as one JSON line. */
export const roundJson = ({ at, looked, notices, standing }: Round) => ({
  ...{ version: VERSION, type: 'round', at: at.toISOString(), looked, notices: notices.length, standing },
})

/** `looked at 980 LSCs, 1 issuer of LSCs, 3 certificates: 12 notices`. */
export const roundWords = ({ looked: { lsc, issuer, file }, notices, standing }: Round): string => {
  const before = standing - notices.length
  const told = notices.length === 0 ? 'no notice' : some(notices.length, 'notice')
  return `looked at ${some(lsc, 'LSC')}, ${some(issuer, 'issuer')} of LSCs, ${some(file, 'certificate')} in files: ${told}${before > 0 ? `, ${before} told before` : ''}`
}
