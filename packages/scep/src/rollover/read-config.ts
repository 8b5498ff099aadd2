import { DocumentError, type DocumentProblem } from '@capfkit/codec/options'
import { rangeOf, SETTING_NAMES, type SectionKind, type SettingName, STATEMENTS, type Statement } from './statements.ts'

/** A statement as it was found; `value` is days, with a fraction for hours and minutes, or what its row says. */
export type Stated = { readonly value: number; readonly line: number; readonly column: number }

/** A PKI server or trustpoint. A name is missing where only the lines inside were pasted. */
export type IosSection = {
  readonly name: string | undefined
  readonly stated: Partial<Record<SettingName, Stated>>
}

export type IosConfig = {
  readonly servers: readonly IosSection[]
  readonly trustpoints: readonly IosSection[]
  readonly http: IosSection
}

const SECTION = /\bcrypto (?:pki|ca) (server|trustpoint) ([\w.-]+)/g
const DAYS = /^(\d+)(?:[^\S\n]+(\d+))?(?:[^\S\n]+(\d+))?/
/** More is no day of anybody's calendar. */
const MOST_DIGITS = 9

/** What IOS words may be glued to: a prompt that follows in a paste begins with a capital. */
const patternOf = ({ words }: Statement) =>
  new RegExp(`(?<![\\w-])(no )?${words.replaceAll(' ', ' +')}(?![a-z0-9-])[^\\S\\n]*`, 'g')

const PATTERNS = SETTING_NAMES.map(name => ({ name, pattern: patternOf(STATEMENTS[name]) }))

type Reading = { readonly value: number } | { readonly wrong: string } | undefined

/** What stands behind the words; nothing where it says nothing, as in `auto-rollover ?`. */
const readValue = (rest: string, row: Statement): Reading => {
  const [token = ''] = /^\S*/.exec(rest)!
  const isBare = token === '' || (row.followers ?? []).includes(token) || /^[A-Z]/.test(token)
  if (token.startsWith('?')) return undefined
  if (isBare) return row.bare === undefined ? { wrong: `wants a number of ${row.unit}` } : { value: row.bare }
  if (!/^\d+$/.test(token)) return { wrong: `wants a whole number of ${row.unit}, got ${JSON.stringify(token.slice(0, 40))}` }
  const [, days = '', hours = '0', minutes = '0'] = DAYS.exec(rest)!
  if ([days, hours, minutes].some(({ length }) => length > MOST_DIGITS))
    return { wrong: `must be ${rangeOf(row)}, got ${token.slice(0, 40)}` }
  if (row.unit !== 'days') return { value: Number(token) }
  if (Number(hours) > 23 || Number(minutes) > 59)
    return { wrong: `wants hours of 0..23 and minutes of 0..59, got ${hours} and ${minutes}` }
  return { value: Number(days) + Number(hours) / 24 + Number(minutes) / 1_440 }
}

/** The sections of one kind; a statement belongs to the one that was opened last. */
class SectionsOfKind {
  readonly sections: IosSection[] = []
  #current: IosSection | undefined

  open(name: string | undefined): IosSection {
    const known = this.sections.find(section => section.name === name)
    this.#current = known ?? { name, stated: {} }
    if (!known) this.sections.push(this.#current)
    return this.#current
  }

  get current(): IosSection {
    return this.#current ?? this.open(undefined)
  }
}

/**
 * The statements about rollover in a pasted configuration of a router: `show running-config`, parts of it, with or without prompts.
 * Everything else in it is passed over; of a statement that stands twice the last counts, as for IOS.
 *
 * @throws {DocumentError} every mistake at once, with its line and column: `CONFIG_WRONG_TYPE`, `CONFIG_OUT_OF_RANGE`, and
 *   `CONFIG_MISSING` where there is no such statement at all.
 */
export const readIosConfig = (text: string): IosConfig => {
  const kinds: Record<SectionKind, SectionsOfKind> = {
    server: new SectionsOfKind(),
    trustpoint: new SectionsOfKind(),
    http: new SectionsOfKind(),
  }
  const problems: DocumentProblem[] = []
  let statements = 0
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    for (const [, kind, name] of line.matchAll(SECTION)) kinds[kind as SectionKind].open(name)
    for (const { name, pattern } of PATTERNS)
      for (const found of line.matchAll(pattern)) {
        const row: Statement = STATEMENTS[name]
        const place = { line: index + 1, column: found.index + 1 }
        const wrong = (code: DocumentProblem['code'], sentence: string) =>
          problems.push({ ...place, code, path: row.words, sentence: `"${row.words}" ${sentence}` })
        const { stated } = kinds[row.section].current
        statements++
        if (found[1] !== undefined) {
          delete stated[name]
          continue
        }
        const reading = readValue(line.slice(found.index + found[0].length), row)
        if (reading === undefined) continue
        if ('wrong' in reading) wrong('CONFIG_WRONG_TYPE', reading.wrong)
        else if (reading.value < row.min || reading.value > row.max)
          wrong('CONFIG_OUT_OF_RANGE', `must be ${rangeOf(row)}, got ${reading.value}`)
        else stated[name] = { value: reading.value, ...place }
      }
  }
  if (statements === 0)
    problems.push({
      ...{ line: 1, column: 1, path: '', code: 'CONFIG_MISSING' },
      sentence: `no line of a PKI server or trustpoint is in it, such as "${STATEMENTS.certificateDays.words} 600"`,
    })
  if (problems.length > 0) throw new DocumentError(problems)
  return { servers: kinds.server.sections, trustpoints: kinds.trustpoint.sections, http: kinds.http.current }
}
