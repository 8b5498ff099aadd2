import { ALARMS, type AlarmName, alarmFor, DAY_MS, type Severity } from './alarms.ts'
import type { Watched } from './watched.ts'

/** When notices are given. */
export type NoticePolicy = {
  /** How many days before the end, in any order. */
  readonly noticeDays: readonly number[]
  /** How often again from one day before the end on, and after it, for as long as the certificate is there. */
  readonly repeatMs: number
}

export type Notice = {
  readonly watched: Watched
  readonly alarm: AlarmName
  readonly severity: Severity
  /** The moment for which it is, ms since 1970: the same notice has the same. */
  readonly dueMs: number
  /** Below nothing: it has ended. */
  readonly leftMs: number
}

/** The latest moment at which a notice was due, ms since 1970; `undefined`: none yet. */
const dueBy = (
  endMs: number,
  { nowMs, policy: { noticeDays, repeatMs } }: { nowMs: number; policy: NoticePolicy },
): number | undefined => {
  const moments = noticeDays.map(days => endMs - days * DAY_MS)
  const lastDay = endMs - DAY_MS
  const repeated = nowMs < lastDay ? [] : [lastDay + Math.floor((nowMs - lastDay) / repeatMs) * repeatMs]
  const past = [...moments, ...repeated].filter(moment => moment <= nowMs)
  return past.length === 0 ? undefined : Math.max(...past)
}

/** The notice that stands for a certificate now; `undefined` while its end is further off than any notice. */
export const noticeFor = (
  watched: Watched,
  when: { readonly nowMs: number; readonly policy: NoticePolicy },
): Notice | undefined => {
  const endMs = watched.notAfter.getTime()
  const dueMs = dueBy(endMs, when)
  if (dueMs === undefined) return undefined
  const leftMs = endMs - when.nowMs
  const alarm = alarmFor(leftMs)
  return { watched, alarm, severity: ALARMS[alarm].severity, dueMs, leftMs }
}

/** Which notices were given, so that each is given once. */
export class GivenNotices {
  #given = new Map<string, number>()

  /** Those that were not given yet, of all that stand now. What does not stand any more is forgotten. */
  fresh(standing: readonly Notice[]): Notice[] {
    const before = this.#given
    this.#given = new Map(standing.map(({ watched, dueMs }) => [watched.id, dueMs]))
    return standing.filter(({ watched, dueMs }) => before.get(watched.id) !== dueMs)
  }
}
