/** What a statement belongs to in the configuration of a router. */
export type SectionKind = 'server' | 'trustpoint' | 'http'

export type Statement = {
  /** As IOS writes it, in front of its number. */
  readonly words: string
  readonly section: SectionKind
  /** `days` may be followed by hours and minutes. */
  readonly unit: 'days' | 'percent' | 'minutes' | 'connections' | 'times'
  readonly min: number
  readonly max: number
  /** What the words mean without a number. */
  readonly bare?: number
  /** Words that may stand in the place of the number, or after it, and change nothing here. */
  readonly followers?: readonly string[]
  /** What counts where the statement is missing; `undefined`: nothing of the kind happens. */
  readonly default: number | undefined
  readonly doc: string
}

/** IOS takes a minute at least, and 20 years at most. */
const FEWEST_DAYS = 1 / 1_440
const MOST_DAYS = 7_305
/** Of `auto-rollover ?`, as the document about the failure shows it. */
export const MOST_OVERLAP_DAYS = 1_825

/**
 * Every line of a configuration that decides when an IOS PKI rolls over: reader, flags and page walk it. Ranges and defaults are those
 * of the command references of IOS; that retries never end is what the document about the failure has seen.
 */
export const STATEMENTS = {
  caDays: {
    words: 'lifetime ca-certificate',
    ...({ section: 'server', unit: 'days', min: FEWEST_DAYS, max: MOST_DAYS, default: 1_095 } as const),
    doc: 'How long the CA certificate is valid.',
  },
  certificateDays: {
    words: 'lifetime certificate',
    ...({ section: 'server', unit: 'days', min: FEWEST_DAYS, max: MOST_DAYS, default: 365 } as const),
    doc: 'How long the certificate of a client is valid; never longer than that of the CA.',
  },
  overlapDays: {
    words: 'auto-rollover',
    ...({ section: 'server', unit: 'days', min: 0, max: MOST_OVERLAP_DAYS, bare: 30, default: undefined } as const),
    doc: 'How long before the end of the CA certificate the next one, the shadow certificate, is made.',
  },
  renewPercent: {
    words: 'auto-enroll',
    ...({ section: 'trustpoint', unit: 'percent', min: 1, max: 100, bare: 100, default: undefined } as const),
    followers: ['regenerate'],
    doc: 'After which part of the life of its certificate a client asks for the next one.',
  },
  retryMinutes: {
    words: 'enrollment retry period',
    ...({ section: 'trustpoint', unit: 'minutes', min: 1, max: 60, default: 1 } as const),
    doc: 'How long a client waits before it asks again.',
  },
  retryCount: {
    words: 'enrollment retry count',
    ...({ section: 'trustpoint', unit: 'times', min: 0, max: 1_000, default: 0 } as const),
    doc: 'How often a client asks again; 0 is until it has what it wants.',
  },
  maxConnections: {
    words: 'ip http max-connections',
    ...({ section: 'http', unit: 'connections', min: 1, max: 16, default: 5 } as const),
    doc: 'How many connections the HTTP server of the CA has at a time.',
  },
} as const satisfies Record<string, Statement>

/** What a statement takes, in words. */
export const rangeOf = ({ min, max, unit }: Statement): string => `${min > 0 && min < 1 ? '1 minute' : min}..${max} ${unit}`

export type SettingName = keyof typeof STATEMENTS
export const SETTING_NAMES = Object.keys(STATEMENTS) as readonly SettingName[]
