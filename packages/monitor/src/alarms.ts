export const DAY_MS = 86_400_000

export type Severity = 'error' | 'warning' | 'info'

export type Alarm = {
  /** It is raised for what has no more days left than this. */
  readonly upToDays: number
  /** Ours: the catalogue that is known shows none. */
  readonly severity: Severity
  readonly doc: string
}

/**
 * The alarms about validity in the product's catalogue, CertMonitorAlarmCatalog, the most urgent first. Of the names the picture of the
 * catalogue shows the beginning only; their ends are completed.
 */
export const ALARMS = {
  CertValidLessthanADay: { upToDays: 1, severity: 'error', doc: 'less than a day is left, or the certificate has ended' },
  CertValidfor7days: { upToDays: 7, severity: 'warning', doc: 'seven days or less are left' },
  CertValidLessThanMonth: { upToDays: 30, severity: 'warning', doc: 'thirty days or less are left' },
  CertValidityOver30Days: { upToDays: Infinity, severity: 'info', doc: 'more than thirty days are left' },
} as const satisfies Record<string, Alarm>

export type AlarmName = keyof typeof ALARMS
export const ALARM_NAMES = Object.keys(ALARMS) as readonly AlarmName[]

/** The alarm for what ends in so many ms. */
export const alarmFor = (leftMs: number): AlarmName => ALARM_NAMES.find(name => leftMs <= ALARMS[name].upToDays * DAY_MS)!
