import { type OptionsOf, optionalTime, reading, time } from '@capfkit/codec/options'

const MOST_DAYS = 3_650
const MOST_NOTICES = 32
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** `30,7,1`. @throws {RangeError} */
const parseNoticeDays = (text: string): readonly number[] => {
  const words = text.split(',').map(word => word.trim())
  const days = words.map(Number)
  const wrong = words.find((word, index) => !/^\d{1,4}$/.test(word) || days[index]! < 1 || days[index]! > MOST_DAYS)
  if (wrong !== undefined) throw new RangeError(`wants days of 1..${MOST_DAYS} such as 30,7,1, got ${JSON.stringify(wrong)}`)
  if (days.length > MOST_NOTICES) throw new RangeError(`wants no more than ${MOST_NOTICES} days, got ${days.length}`)
  return [...new Set(days)].sort((a, b) => b - a)
}

/** When the certificate monitor gives notices. */
export const MONITOR_OPTIONS = {
  noticeDays: reading<readonly number[]>({
    written: '90,60,30,14,7,3,1',
    range: 'DAYS,DAYS,…',
    doc: 'How many days before its end a certificate gets a notice.',
    read: parseNoticeDays,
  }),
  repeat: time({
    ...{ written: '1d', min: HOUR_MS, max: 30 * DAY_MS },
    doc: 'How often a notice is repeated for what has less than a day left or has ended.',
  }),
  every: optionalTime({
    ...{ min: 1_000, max: 30 * DAY_MS },
    doc: 'Look again so often, until SIGTERM or Ctrl-C, and tell what is new; without it, look once and tell all.',
  }),
} as const

export type MonitorOptions = OptionsOf<typeof MONITOR_OPTIONS>
