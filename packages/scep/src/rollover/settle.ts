import type { ConfigErrorCode } from '@capfkit/codec/options'
import { type RolloverOptions, USUAL_CAMPAIGN_DAYS } from './options.ts'
import type { IosConfig, IosSection, Stated } from './read-config.ts'
import type { FleetOfClients } from './simulate.ts'
import { SETTING_NAMES, type SettingName, STATEMENTS } from './statements.ts'
import { DAY_MS, worstDay } from './windows.ts'

/** A mistake that only shows when everything is known; `line` is that of the configuration, where it stands there. */
export type SettlingProblem = { readonly code: ConfigErrorCode; readonly line: number | undefined; readonly sentence: string }

/** Every mistake at once; the message has a line for each. */
export class SettlingError extends Error {
  override readonly name = 'SettlingError'
  readonly code: ConfigErrorCode
  readonly problems: readonly SettlingProblem[]

  constructor(problems: readonly SettlingProblem[]) {
    super(problems.map(({ line, sentence, code }) => `${line === undefined ? '' : `${line}: `}${sentence} (${code})`).join('\n'))
    this.code = problems[0]?.code ?? 'CONFIG_CONTRADICTION'
    this.problems = problems
  }
}

/** Where a value is from: an option, a line of the configuration, or IOS. */
export type Origin = 'option' | 'default' | { readonly line: number }

export type Settled = {
  readonly server: string | undefined
  readonly trustpoint: string | undefined
  readonly fleet: FleetOfClients
  readonly origins: Readonly<Record<SettingName, Origin>>
  /** When the CA certificate begins, where its end is known. */
  readonly caFrom: Date | undefined
}

type Wrong = (code: ConfigErrorCode, sentence: string, stated?: Stated) => void
type Choice = {
  readonly what: string
  readonly sections: readonly IosSection[]
  readonly wanted: string | undefined
  readonly wrong: Wrong
}

const EMPTY: IosSection = { name: undefined, stated: {} }

/** The one that is meant: the one of this name, or the only one. */
const choose = ({ what, sections, wanted, wrong }: Choice): IosSection => {
  const names = sections.flatMap(({ name }) => name ?? []).join(', ')
  const named = sections.find(({ name }) => name === wanted)
  if (wanted !== undefined) {
    if (!named)
      wrong('CONFIG_UNKNOWN', `--${what} ${wanted}: there is no such ${what}${names === '' ? '' : `; there are ${names}`}`)
    return named ?? EMPTY
  }
  if (sections.length > 1) wrong('CONFIG_CONTRADICTION', `there are several: ${names}; say which with --${what}`)
  return sections[0] ?? EMPTY
}

/** @returns the end, or nothing and a mistake. */
const endOf = (caUntil: string | undefined, { now, wrong }: { now: Date; wrong: Wrong }): Date | undefined => {
  if (caUntil === undefined) return undefined
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)(?:T|$)/.exec(caUntil) ?? []
  const end = new Date(caUntil)
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  if (!isDay || Number.isNaN(end.getTime()))
    wrong('CONFIG_WRONG_TYPE', `--ca-until wants a date such as 2030-12-31, got ${JSON.stringify(caUntil)}`)
  else if (end <= now) wrong('CONFIG_OUT_OF_RANGE', `--ca-until ${caUntil} is past: nothing can be rolled over any more`)
  else return end
  return undefined
}

/**
 * What is simulated: options win over the configuration, and that over what IOS does by itself.
 *
 * @throws {SettlingError} every contradiction at once.
 */
export const settleRollover = (config: IosConfig, { options, now }: { options: RolloverOptions; now: Date }): Settled => {
  const problems: SettlingProblem[] = []
  const wrong: Wrong = (code, sentence, stated) => problems.push({ code, sentence, line: stated?.line })
  // A server has a trustpoint of its own name, which enrols nobody.
  const enrolling = config.trustpoints.filter(({ stated }) => stated.renewPercent !== undefined)
  const sections = {
    server: choose({ what: 'pki-server', sections: config.servers, wanted: options.pkiServer, wrong }),
    trustpoint: choose({
      ...{ what: 'trustpoint', wanted: options.trustpoint, wrong },
      sections: options.trustpoint === undefined && enrolling.length > 0 ? enrolling : config.trustpoints,
    }),
    http: config.http,
  }
  const statedOf = (name: SettingName) => sections[STATEMENTS[name].section].stated[name]
  const settingOf = (name: SettingName): number | undefined => options[name] ?? statedOf(name)?.value ?? STATEMENTS[name].default
  const originOf = (name: SettingName): Origin => {
    if (options[name] !== undefined) return 'option'
    const stated = statedOf(name)
    return stated ? { line: stated.line } : 'default'
  }
  const placed = (name: SettingName) => (options[name] === undefined ? statedOf(name) : undefined)

  const caDays = settingOf('caDays')!
  const certificateDays = settingOf('certificateDays')!
  const overlapDays = settingOf('overlapDays')
  const renewPercent = settingOf('renewPercent')
  if (overlapDays !== undefined && overlapDays >= caDays)
    wrong(
      'CONFIG_CONTRADICTION',
      `"auto-rollover" of ${overlapDays} days is no shorter than the life of the CA certificate, ${caDays} days`,
      placed('overlapDays'),
    )
  if (renewPercent === undefined)
    wrong(
      'CONFIG_MISSING',
      'no client renews by itself: the trustpoint has no "auto-enroll"; give --renew-percent to see what it would do',
    )
  const enrolledOnDay = options.enrolledOnDay ?? worstDay({ caDays, certificateDays })
  const enrolledOverDays = options.enrolledOverDays ?? Math.min(USUAL_CAMPAIGN_DAYS, Math.max(0, caDays - enrolledOnDay))
  if (enrolledOnDay >= caDays || enrolledOnDay + enrolledOverDays > caDays)
    wrong(
      'CONFIG_CONTRADICTION',
      `clients that enrol from day ${enrolledOnDay} on, for ${enrolledOverDays} days, do so after the end of the CA certificate, day ${caDays}`,
    )
  const caUntil = endOf(options.caUntil, { now, wrong })
  if (problems.length > 0 || renewPercent === undefined) throw new SettlingError(problems)
  return {
    server: sections.server.name,
    trustpoint: sections.trustpoint.name,
    fleet: {
      timers: { caDays, certificateDays, overlapDays, renewPercent },
      ...{ clients: options.clients, enrolledOnDay, enrolledOverDays, answerMs: options.answerMs },
      ...{
        retryMinutes: settingOf('retryMinutes')!,
        retryCount: settingOf('retryCount')!,
        maxConnections: settingOf('maxConnections')!,
      },
    },
    origins: Object.fromEntries(SETTING_NAMES.map(name => [name, originOf(name)])) as Settled['origins'],
    caFrom: caUntil && new Date(caUntil.getTime() - caDays * DAY_MS),
  }
}
