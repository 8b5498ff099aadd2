import { int, type OptionRow, type OptionsOf, optionalInt, optionalText } from '@capfkit/codec/options'
import { MOST_CLIENTS } from './simulate.ts'
import { type SettingName, STATEMENTS, type Statement } from './statements.ts'

/** A statement as a flag: it wins over the configuration. */
const stated = (name: SettingName): OptionRow<number | undefined> => {
  const { words, doc, unit, min, max, default: fallback }: Statement = STATEMENTS[name]
  const otherwise = fallback === undefined ? 'without it there is none' : `IOS has ${fallback} without it`
  return optionalInt({ doc: `${doc} As "${words}"; ${otherwise}.`, unit, min: Math.ceil(min), max })
}

const DAY = { min: 0, max: STATEMENTS.caDays.max, unit: 'days' } as const
export const USUAL_CAMPAIGN_DAYS = 30

export const ROLLOVER_OPTIONS = {
  pkiServer: optionalText({ doc: 'Name of the PKI server, where the configuration has several.' }),
  trustpoint: optionalText({
    doc: 'Name of the trustpoint of the clients, where the configuration has several that enrol by themselves.',
  }),
  caDays: stated('caDays'),
  certificateDays: stated('certificateDays'),
  overlapDays: stated('overlapDays'),
  renewPercent: stated('renewPercent'),
  retryMinutes: stated('retryMinutes'),
  retryCount: stated('retryCount'),
  maxConnections: stated('maxConnections'),
  caUntil: optionalText({
    doc: 'When the CA certificate ends, an ISO date such as 2030-12-31; then times are dates, not only days of its life.',
  }),
  clients: int({ default: 1_000, min: 1, max: MOST_CLIENTS, unit: 'clients', doc: 'How many routers are simulated.' }),
  enrolledOnDay: optionalInt({
    ...DAY,
    doc: 'Day of the life of the CA certificate on which the first client enrolled. Without it, the day from which it asks the earliest.',
  }),
  enrolledOverDays: optionalInt({
    ...DAY,
    doc: `For how many days clients enrolled, evenly; 0 is all at once. Without it, ${USUAL_CAMPAIGN_DAYS}, or what the CA certificate has left.`,
  }),
  answerMs: int({ default: 40, min: 1, max: 600_000, unit: 'ms', doc: 'How long a connection for one question lasts.' }),
} as const

export type RolloverOptions = OptionsOf<typeof ROLLOVER_OPTIONS>
