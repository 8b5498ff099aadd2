import { type ErrorLogEntry, NGINX_LEVELS, parseErrorLog } from '@capfkit/codec/trace'
import { LIBEST_LINES } from '@capfkit/est'
import { CES_LINES } from '@capfkit/est/adcs'
import { ClueTable, type Told } from '../text/clue-table.ts'
import { repairNumber } from '../text/skeleton.ts'
import { RecordJoiner } from './record-joiner.ts'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** The words of the plug-in for AD CS have the name of its function in front. */
const cesText = ({ by, text }: { by: string; text: string }) => ({ text: `${by}: ${text}` })

const { loginDone, loginFailed, loginUrl, pageDone, pageFailed, caCertsFailed, caCertsNoLogin, chainDone, chainMissing } = CES_LINES
const CES_CLUES = { loginDone, loginFailed, loginUrl, pageDone, pageFailed, caCertsFailed, caCertsNoLogin, chainDone, chainMissing }
const { loginFailed: httpAuthFailed, enrolFailed, errorPage, access } = LIBEST_LINES

/** Rows that rules know; the words stand in the tables of their writers. */
const CLUES = new ClueTable({
  ...Object.fromEntries(Object.entries(CES_CLUES).map(([name, row]) => [`ces.${name}`, cesText(row)])),
  'libest.loginFailed': { text: httpAuthFailed.text },
  'libest.enrolFailed': { text: enrolFailed.text },
  // Its second line is the phrase, its third one the closing bracket.
  'libest.errorPage': { text: errorPage.text.split('\n', 1)[0]! },
  'libest.access': { text: access.text },
  trusted: { text: 'Adding cert to store ({subject})' },
})

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** `27/Feb/2019:16:53:28 -0500`: the local clock, as lines of nginx have it. */
const ACCESS_TIME = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)/

const accessTime = (text: string): number | undefined => {
  const [, day, month = '', year, ...time] = ACCESS_TIME.exec(text) ?? []
  if (day === undefined) return undefined
  const [hour, minute, second] = time.map(Number) as [number, number, number]
  return Date.UTC(Number(year), MONTHS.indexOf(month), Number(day), hour, minute, second)
}

const PENDING = '202'
const MAX_TRUSTED = 100

/** What lines of the log mean, clean or out of a scan. Lines of libest have no time: theirs is that of the line before. */
class LogMeaning {
  readonly #witness: Witness
  #at: number | undefined
  /** How far the request that is being answered had come with the CA. */
  #reached: 'nothing' | 'login' | 'page' = 'nothing'
  readonly #trusted = new Set<string>()

  constructor(witness: Witness) {
    this.#witness = witness
  }

  set at(at: number) {
    this.#at = at
  }

  said({ name, values }: Told, place: { line: number; text: string }): void {
    if (name === 'ces.loginDone') {
      this.#reached = 'login'
      this.#anchor('request')
      this.#witness.reached('loggedIn', place.line)
    } else if (name === 'ces.pageDone') this.#reached = 'page'
    else if (name === 'libest.enrolFailed') {
      const number = repairNumber(values.error?.split('(', 1)[0] ?? '')
      this.#sight({ name, values: { ...values, number, reached: this.#reached } }, place)
    } else if (name === 'libest.access') {
      this.#at = accessTime(values.time ?? '') ?? this.#at
      if (values.request?.includes('/simple')) this.#anchor('answer')
      if (values.request?.includes('/simpleenroll') && values.status?.startsWith('200')) this.#witness.reached('served', place.line)
      if (values.status === PENDING) this.#sight({ name, values }, place)
      this.#reached = 'nothing'
    } else if (name === 'trusted') this.#trust(values.subject ?? '', place)
    else if (name !== 'ces.chainDone') this.#sight({ name, values }, place)
  }

  /** Told again for every request: once is enough. */
  #trust(subject: string, place: { line: number; text: string }): void {
    if (this.#trusted.has(subject) || this.#trusted.size >= MAX_TRUSTED) return
    this.#trusted.add(subject)
    this.#sight({ name: 'ces.trusted', values: { subject } }, place)
  }

  #anchor(key: string): void {
    if (this.#at !== undefined) this.#witness.anchor({ key, at: this.#at })
  }

  #sight({ name, values }: Told, place: { line: number; text: string }): void {
    this.#witness.sight({ clue: name, values, at: this.#at, ...place })
  }
}

const LIBEST_HEAD = '***EST ['

const take = (entry: ErrorLogEntry, meaning: LogMeaning): Told | undefined => {
  if (entry.kind === 'nginx' && entry.process) meaning.at = entry.process.localTimeMs
  return CLUES.read(entry.text)
}

const open = (witness: Witness): LineReader => {
  const meaning = new LogMeaning(witness)
  let isPage = false
  return {
    line(text, number) {
      // The phrase of an error page is a line of its own.
      if (isPage && !text.startsWith('***EST')) {
        isPage = false
        witness.sight({ clue: 'libest.phrase', line: number, text, values: { phrase: text } })
        return
      }
      if (!CLUES.mayTell(text) && !RUNNING.test(text)) return
      const [entry] = parseErrorLog(text)
      const told = entry && entry.kind !== 'other' ? take(entry, meaning) : undefined
      if (told) meaning.said(told, { line: number, text })
      isPage = told?.name === 'libest.errorPage'
    },
  }
}

/** A line with a time, which those without one are counted to. */
const RUNNING = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[/
const STARTING = new RegExp(`^nginx: \\[(?:${NGINX_LEVELS.join('|')})\\] `)

const NOISY_HEAD =
  /^\s*(?:ng\s*i\s*nx\s*:\s*\[|\*\*\*EST\s*\[|(\d{4})\s*\/\s*(\d\d)\s*\/\s*(\d\d)\s+(\d\d)\s*:\s*(\d\d)\s*:\s*(\d\d)\s*\[)/

/** Lines of the plug-in that a scan may hold; their values are numbers and words. */
const openNoisy = (witness: Witness): LineReader => {
  const meaning = new LogMeaning(witness)
  const records = new RecordJoiner({
    begins: line => NOISY_HEAD.test(line),
    take(text, line) {
      const [year, month, day, hour, minute, second] = (NOISY_HEAD.exec(text) ?? []).slice(1, 7).map(Number)
      if (year) meaning.at = Date.UTC(year, month! - 1, day, hour, minute, second)
      const told = CLUES.readNoisy(text)
      if (!told) return
      const { number, ...values } = told.values
      meaning.said({ ...told, values: number === undefined ? values : { ...values, number: repairNumber(number) } }, { line, text })
    },
  })
  return { line: (text, number) => records.line(text, number), end: () => records.end() }
}

export const errorLog: SourceKind = {
  kind: 'error-log',
  doc: 'log of the registration authority: error.log, nginx*.txt',
  dating: 'full',
  isWholeSeconds: true,
  recognises: line => line.startsWith(LIBEST_HEAD) || STARTING.test(line) || RUNNING.test(line),
  between: / +(?=nginx: \[|\*\*\*EST \[|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[)/,
  open,
  noisy: { recognises: line => NOISY_HEAD.test(line), open: openNoisy },
}
