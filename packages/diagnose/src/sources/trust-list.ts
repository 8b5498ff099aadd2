import type { LineReader, SourceKind, Witness } from './source-kind.ts'

type Kind = 'ITL' | 'CTL'
type Line = { readonly line: number; readonly text: string }
type Record_ = Line & { readonly number: number; subject?: string; role?: string; serial?: string }

const KIND = /\b(ITL|CTL) (?:file|File|Record|Header)\b/
const FIELD = /^\s*\d{1,2}\s+(SUBJECTNAME|FUNCTION|SERIALNUMBER)\s+\d+\s+(.+?)\s*$/
const RECORD = /\b(?:ITL|CTL) Record #:(\d+)/
const HEADER_LENGTH = /^\s*HeaderLength:/
const EMPTY = /\bLength of (?:ITL|CTL) file: 0\s*$/
const NOT_FOUND = /\b(?:ITL|CTL) File not found/
const BROKEN = /\bError parsing the (?:ITL|CTL) File/
const VERIFIED = /\bfile was verified successfully/
/** Ours: what CUCM says of a bad signature is not public. */
const BAD_SIGNATURE = /\bVerification of the (?:ITL|CTL) file failed/
const LOCAL_KEY_FAILED = /\bUnable to determine the active and running TFTP nodes/

const CAPF = 'CAPF'

/** One print of one list, from its first line to the next print or the end of the file. */
class Print {
  readonly #witness: Witness
  #kind: Kind = 'ITL'
  #records: Record_[] = []
  #isWhole = false
  #isMissing = false
  #headers: Line[] = []

  constructor(witness: Witness) {
    this.#witness = witness
  }

  take({ text, line }: Line): void {
    this.#kind = (KIND.exec(text)?.[1] as Kind | undefined) ?? this.#kind
    if (EMPTY.test(text) || NOT_FOUND.test(text)) {
      if (!this.#isMissing) this.#sight('missing', { text, line })
      this.#isMissing = true
    } else if (BROKEN.test(text)) {
      // Of a file that is not there CUCM says so as well.
      if (!this.#isMissing) this.#sight('broken', { text, line })
    } else if (BAD_SIGNATURE.test(text)) this.#sight('badSignature', { text, line })
    else if (LOCAL_KEY_FAILED.test(text)) this.#sight('noTftpNodes', { text, line })
    if (HEADER_LENGTH.test(text)) this.#headers.push({ text, line })
    const number = RECORD.exec(text)?.[1]
    if (number !== undefined) this.#records.push({ text, line, number: Number(number) })
    const [, field, value] = FIELD.exec(text) ?? []
    const record = this.#records.at(-1)
    if (record && field === 'SUBJECTNAME') record.subject = value!
    if (record && field === 'FUNCTION') record.role = value!
    if (record && field === 'SERIALNUMBER') record.serial = value!
    if (VERIFIED.test(text)) this.#isWhole = true
    if (VERIFIED.test(text) || BAD_SIGNATURE.test(text)) this.end()
  }

  end(): void {
    const [first] = this.#records
    const capf = this.#records.filter(({ role }) => role === CAPF)
    // A print that breaks off, or lacks lines, does not say what else there is.
    const isComplete = this.#isWhole && this.#records.every(({ number, role }, index) => number === index + 1 && role !== undefined)
    if (first && isComplete && capf.length === 0) this.#sight('noCapf', first)
    for (const { text, line, subject = '', serial = '' } of capf) this.#sight('capfRecord', { text, line }, { subject, serial })
    const [, second] = this.#headers
    if (second) this.#sight('twoHeaders', second)
    this.#records = []
    this.#headers = []
    this.#isWhole = false
    this.#isMissing = false
  }

  #sight(what: string, place: Line, values: Readonly<Record<string, string>> = {}): void {
    this.#witness.sight({ clue: `${this.#kind.toLowerCase()}.${what}`, ...place, values })
  }
}

const open = (witness: Witness): LineReader => {
  const print = new Print(witness)
  return { line: (text, line) => print.take({ text, line }), end: () => print.end() }
}

export const trustListPrint: SourceKind = {
  kind: 'trust-list',
  doc: 'output of show itl, show ctl, utils itl reset',
  dating: 'time',
  recognises: line =>
    [EMPTY, NOT_FOUND, BROKEN, RECORD, VERIFIED, BAD_SIGNATURE, FIELD, HEADER_LENGTH, LOCAL_KEY_FAILED].some(pattern =>
      pattern.test(line),
    ),
  open,
}
