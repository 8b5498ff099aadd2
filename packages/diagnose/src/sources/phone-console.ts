import { CONSOLE_LEVELS, CONSOLE_LINES, type ConsoleCode } from '@capfkit/phone'
import type { Boot } from '../sighting.ts'
import { ClueTable } from '../text/clue-table.ts'
import { NamedLater } from './named-later.ts'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

/** Where the end of a line was cut off, its words up to the first place are all that can be relied on. */
const wordsOf = ({ text, literal }: { text: string; literal: string }) =>
  literal === 'begins' ? text.replace(/(\{\w+\}).*$/, '$1') : text

const CLUES = new ClueTable(Object.fromEntries(Object.entries(CONSOLE_LINES).map(([code, row]) => [code, { text: wordsOf(row) }])))

/** `0475 INF Mar 12 15:07:53.686410 text` */
const LINE = new RegExp(
  `^\\s*\\d{4} (?:${CONSOLE_LEVELS.join('|')}) ([A-Z][a-z]{2}) +(\\d{1,2}) (\\d\\d):(\\d\\d):(\\d\\d)\\.(\\d{3})\\d* (.*)$`,
)
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Lines that are worth keeping for themselves. */
const TELLING: readonly ConsoleCode[] = [
  ...(['DNS_NXDOMAIN', 'DNS_UNKNOWN', 'TVS_UNRESOLVED', 'TVS_FAILED', 'TVS_DENIED', 'LIST_REFUSED', 'CONFIG_REFUSED'] as const),
  'CAPF_BIO_INVALID',
]

/** What went on between the start of a CAPF session and its failure. */
type Attempt = { at: number; isUnconnected: boolean; noMatch: boolean; tvs: 'none' | 'failed' | 'denied'; isBadName: boolean }

/** Nobody has a console of next year, and lines do not say theirs. */
const withYear = (month: number, day: number, now: Date): number => {
  const year = now.getUTCFullYear()
  return Date.UTC(year, month, day) > now.getTime() + 86_400_000 ? year - 1 : year
}

class Console {
  readonly #phone: NamedLater
  #attempt: Attempt | undefined
  readonly #asked = new Set<'CTL' | 'ITL' | 'config'>()
  readonly #witness: Witness
  /** Since it was switched on: the last boot of the file. */
  #boot: Omit<Boot, 'source'> | undefined
  #isFaith = false

  constructor(witness: Witness) {
    this.#phone = new NamedLater(witness)
    this.#witness = witness
  }

  take({
    code,
    values,
    at,
    line,
    text,
  }: {
    code: ConsoleCode
    values: Readonly<Record<string, string>>
    at: number
    line: number
    text: string
  }): void {
    this.#phone.hear(text)
    const attempt = this.#attempt
    if (TELLING.includes(code)) this.#phone.sight({ clue: `console.${code}`, line, text, at, values })
    if (code === 'CAPF_START') {
      this.#attempt = { at, isUnconnected: false, noMatch: false, tvs: 'none', isBadName: false }
      this.#phone.anchor({ key: 'session', at })
      if (this.#boot) this.#boot = { ...this.#boot, asksCapf: true }
    } else if (code === 'LIST_FAITH') this.#isFaith = true
    else if (code === 'LIST_UPDATED') {
      if (this.#boot && !this.#isFaith) this.#boot = { ...this.#boot, hasOtherList: true }
      this.#isFaith = false
    } else if (code === 'FILE_ASKED') this.#file({ file: values.file ?? '', at, line, text })
    if (!attempt) return
    if (code === 'NO_MATCH') attempt.noMatch = true
    if (code === 'TVS_FAILED') attempt.tvs = 'failed'
    if (code === 'TVS_DENIED') attempt.tvs = 'denied'
    if (code === 'CAPF_BIO_INVALID') attempt.isBadName = true
    if (code === 'CAPF_BIO_FAILED') attempt.isUnconnected = true
    // The name is looked up before each connection.
    if (code === 'DNS_REPLY') attempt.at = at
    if (code !== 'CAPF_OP_FAILED') return
    this.#attempt = undefined
    const { noMatch, tvs, isBadName, isUnconnected } = attempt
    this.#phone.anchor({ key: 'failure', at })
    if (!isUnconnected) return
    const match = isBadName ? 'unasked' : noMatch ? 'no' : 'unknown'
    const took = { tookMs: String(at - attempt.at), match, tvs }
    this.#phone.sight({ clue: 'console.capfFailed', line, text, at, values: { ...values, ...took } })
  }

  end(): void {
    if (this.#boot) this.#witness.boot(this.#boot)
    this.#phone.end()
  }

  /** A phone that asks for a CTL and for its configuration, and for no ITL in between, has no Security By Default. */
  #file({ file, at, line, text }: { file: string; at: number; line: number; text: string }): void {
    if (/^CTL/.test(file)) {
      this.#asked.add('CTL')
      this.#boot = { at, line, text, hasOtherList: false, asksCapf: false }
    }
    if (/^ITL/.test(file)) this.#asked.add('ITL')
    if (!/\.cnf\.xml/.test(file) || this.#asked.has('config')) return
    this.#asked.add('config')
    if (this.#asked.has('CTL') && !this.#asked.has('ITL'))
      this.#phone.sight({ clue: 'phone.withoutItl', line, text, at, values: {} })
  }
}

const open = (witness: Witness): LineReader => {
  const console = new Console(witness)
  return {
    line(text, line) {
      const [, month = '', day, hour, minute, second, ms, words] = LINE.exec(text) ?? []
      const told = words === undefined ? undefined : CLUES.read(words)
      if (!told) return
      const index = MONTHS.indexOf(month)
      const year = withYear(index, Number(day), witness.now)
      const at = Date.UTC(year, index, Number(day), Number(hour), Number(minute), Number(second), Number(ms))
      console.take({ code: told.name as ConsoleCode, values: told.values, at, line, text })
    },
    end: () => console.end(),
  }
}

export const phoneConsole: SourceKind = {
  kind: 'phone-console',
  doc: 'console log of a phone',
  dating: 'day',
  recognises: line => LINE.test(line),
  between: new RegExp(` +(?=\\d{4} (?:${CONSOLE_LEVELS.join('|')}) [A-Z][a-z]{2} +\\d{1,2} \\d\\d:)`),
  open,
}
