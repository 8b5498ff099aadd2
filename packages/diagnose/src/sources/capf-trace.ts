import { parseTraceLine, TRACE_TEXTS } from '@capfkit/codec/trace'
import { CERT_STATUSES, OP_STATUS, type OpStatus } from '@capfkit/server'
import { ClueTable, type Told } from '../text/clue-table.ts'
import { repairConstant, repairDevice, repairNumber } from '../text/skeleton.ts'
import { RecordJoiner } from './record-joiner.ts'
import type { LineReader, SourceKind, Witness } from './source-kind.ts'

const DAY_MS = 86_400_000
/** Lines of several threads may go back by a little; back by more is the next day. */
const MIDNIGHT_MS = DAY_MS / 2

/** Events of a session that goes as it should say nothing, but that a phone is there. */
const TELLING_EVENTS = [
  ...['AUTH_RESP', 'TIMEOUT', 'HANG_UP', 'PROTOCOL_ERROR', 'STOP', 'DEVICE_UNKNOWN', 'DEVICE_BUSY', 'DB_FAILED', 'KEY_GEN_FAIL'],
  ...['SIGN_CERT_FAIL', 'CA_CERT_REJECT', 'CA_CERT_WAIT', 'STORE_CERT_FAIL', 'FETCH_CERT_FAIL', 'DELETE_CERT_FAIL'],
]

/** Rows of the trace that rules know; the words stand in the table of its writer. */
const CLUES = new ClueTable({
  ...TRACE_TEXTS,
  event: {
    ...TRACE_TEXTS.event,
    needles: TELLING_EVENTS.map(event => `CAPF_EV_${event} `),
    keep: ({ event = '' }) => TELLING_EVENTS.includes(repairConstant(event)),
  },
})

const SUCCESSES: readonly (number | undefined)[] = [3, 4, 5]

/** The number of a status by the constant in the trace. */
const numberOf = (constant: string): number | undefined => {
  const found = CERT_STATUSES.findIndex(({ name }) => name !== '' && name === constant)
  return found < 0 ? undefined : found
}

type Said = Told & { readonly device: string | undefined; readonly at: number; readonly line: number; readonly text: string }

/** What lines of a trace mean, whether they came clean or out of a scan. */
class TraceMeaning {
  readonly #witness: Witness
  #lastAt = 0
  #days = 0
  /** Whose lines these are, for those that do not say it. */
  #device: string | undefined
  #outcome: (Said & { number: number }) | undefined
  #callingAt: number | undefined
  /** Behind its success the row of a device is read once more, which says nothing. */
  #succeeded: string | undefined

  constructor(witness: Witness) {
    this.#witness = witness
  }

  moment(timeOfDayMs: number): number {
    if (timeOfDayMs < this.#lastAt - MIDNIGHT_MS) this.#days++
    this.#lastAt = timeOfDayMs
    return timeOfDayMs + this.#days * DAY_MS
  }

  said(said: Said): void {
    const { name, values } = said
    if (said.device !== undefined) this.#device = said.device
    const device = said.device ?? (name === 'note' || name === 'event' ? undefined : this.#device)
    if (name === 'dbStatus' || name === 'opStatus') this.#status(said)
    else if (name === 'sqlStatus') this.#row(said)
    else {
      this.#flush()
      if (name === 'event' && values.event === 'AUTH_RESP') {
        if (device === this.#succeeded) this.#succeeded = undefined
        this.#witness.anchor({ key: 'session', at: said.at, ...(device === undefined ? {} : { device }) })
        return
      }
      if (name === 'calling') {
        this.#callingAt = said.at
        this.#witness.anchor({ key: 'request', at: said.at })
      }
      this.#tell(said, device)
    }
  }

  end(): void {
    this.#flush()
  }

  #tell({ name, values, at, line, text }: Said, device: string | undefined): void {
    if (name === 'enrolled') this.#witness.anchor({ key: 'answer', at })
    if (name === 'enrolled' && values.number === '0') return
    if (name === 'returned' && values.number === '0') return
    if (name === 'authMode' && device === this.#succeeded) return
    const tookMs = name === 'enrolled' && this.#callingAt !== undefined ? { tookMs: String(at - this.#callingAt) } : {}
    this.#witness.sight({ clue: `trace.${name}`, line, text, at, device, values: { ...values, ...tookMs } })
  }

  /** What the operation came to. Whose it was stands in the statement for the database, a few lines below. */
  #status(said: Said): void {
    const { status = '' } = said.values
    const number = said.name === 'dbStatus' ? numberOf(status) : OP_STATUS[status as OpStatus]?.install
    if (number === undefined || this.#outcome) return
    this.#outcome = { ...said, number }
  }

  #row(said: Said): void {
    const number = Number(said.values.number)
    const { device } = said.values
    const told = this.#outcome ?? said
    this.#outcome = undefined
    if (Number.isInteger(number)) this.#concluded({ ...told, number }, device)
  }

  #flush(): void {
    const told = this.#outcome
    this.#outcome = undefined
    if (told) this.#concluded(told, this.#device)
  }

  #concluded({ number, line, text, at }: Said & { number: number }, device: string | undefined): void {
    if (SUCCESSES.includes(number)) {
      if (device !== undefined) this.#witness.done(device, at)
      this.#succeeded = device
      return
    }
    if (device !== undefined) this.#witness.anchor({ key: 'failure', at, device })
    this.#witness.sight({ clue: 'outcome', line, text, at, device, values: { number: String(number) } })
  }
}

const DEVICE = /^debug \d+:([^: ]{1,128}):|^Select\(([^)]{1,128})\)/

const open = (witness: Witness): LineReader => {
  const meaning = new TraceMeaning(witness)
  return {
    // Nine lines of ten say that functions are entered and left, or that all is well.
    needles: CLUES.needles,
    line(text, number) {
      const read = parseTraceLine(text)
      const told = read && CLUES.read(read.text)
      if (!told) return
      const [, debugged, selected] = DEVICE.exec(read.text) ?? []
      meaning.said({ ...told, device: debugged ?? selected, at: meaning.moment(read.timeOfDayMs), line: number, text })
    },
    end: () => meaning.end(),
  }
}

/** `14: 05: 05. 236 | debug`: digits may be letters, blanks are anywhere, and the bar may be another stroke. */
const NOISY_HEAD =
  /^\s*([\dOl]\s*[\dOl])\s*:\s*([\dOl]\s*[\dOl])\s*:\s*([\dOl]\s*[\dOl])\s*[.,]\s*([\dOl]\s*[\dOl]\s*[\dOl])\s*[|Il!]/

const NUMBERS = ['number', 'bytes']
const CONSTANTS = ['name', 'status', 'event', 'state', 'mode', 'order']

const repaired = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([place, value]) => {
      if (NUMBERS.includes(place)) return [place, repairNumber(value)]
      if (place === 'device') return [place, repairDevice(value) ?? value]
      return [place, CONSTANTS.includes(place) ? repairConstant(value) : value]
    }),
  )

const openNoisy = (witness: Witness): LineReader => {
  const meaning = new TraceMeaning(witness)
  const records = new RecordJoiner({
    begins: line => NOISY_HEAD.test(line),
    take(text, number) {
      const [head = '', ...parts] = NOISY_HEAD.exec(text) ?? []
      const told = head === '' ? undefined : CLUES.readNoisy(text.slice(head.length))
      if (!told) return
      const [hours = 0, minutes = 0, seconds = 0, ms = 0] = parts.map(part => Number(repairNumber(part)))
      const at = meaning.moment(((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms)
      meaning.said({ name: told.name, values: repaired(told.values), device: repairDevice(text), at, line: number, text })
    },
  })
  return {
    line: (text, number) => records.line(text, number),
    end() {
      records.end()
      meaning.end()
    },
  }
}

export const capfTrace: SourceKind = {
  kind: 'capf-trace',
  doc: 'trace of the CAPF service (cm/trace/capf/sdi/capf*)',
  dating: 'time',
  recognises: line => parseTraceLine(line) !== undefined,
  between: / +(?=\d\d:\d\d:\d\d\.\d{3} ?\|)/,
  open,
  noisy: { recognises: line => NOISY_HEAD.test(line), open: openNoisy },
}
