import { fillTemplate, type TemplateValues } from './template.ts'

/** Who writes lines, as a recorded console has them in front of the text [BOOT-7.2]; the numbers are those of that recording. */
export const CONSOLE_PROCESSES = {
  dnsmasq: 'dnsmasq[12864]: ',
  configmgr: '(12905:13036) JAVA-configmgr MQThread|',
  secureapp: '(322:17812) SECUREAPP-',
  downloader: '(322:17812) DOWNLD-',
} as const

export const CONSOLE_LEVELS = ['DEB', 'INF', 'NOT', 'WRN', 'ERR', 'CRT'] as const
export type ConsoleLevel = (typeof CONSOLE_LEVELS)[number]

type ConsoleRow = {
  readonly level: ConsoleLevel
  readonly process: keyof typeof CONSOLE_PROCESSES
  readonly text: string
  /** `whole`: recorded as it stands. `begins`: its end was cut off where it was recorded, and is *ours*. `ours`: our own. */
  readonly literal: 'whole' | 'begins' | 'ours'
}

const dns = (text: string) => ({ level: 'INF', process: 'dnsmasq', text, literal: 'whole' }) as const
const capf = (level: ConsoleLevel, text: string) => ({ level, process: 'secureapp', text, literal: 'whole' }) as const
/** The text was recorded, level and process were not. */
const trust = (level: ConsoleLevel, text: string) => ({ level, process: 'secureapp', text, literal: 'whole' }) as const

/** Every line of the phone's console that capfkit writes [BOOT-7.2]. Diagnosis reads the same rows. */
export const CONSOLE_LINES = {
  DNS_QUERY: dns('query[A] {host} from 127.0.0.1'),
  DNS_REPLY: dns('reply {host} is {address}'),
  DNS_NXDOMAIN: dns('reply {host} is NXDOMAIN-IPv4'),
  DNS_UNKNOWN: {
    level: 'WRN',
    process: 'configmgr',
    text: 'NetUtil.traceIPv4DNSErrors:? - DNS unknown IPv4 host {host}',
    literal: 'begins',
  },
  TVS_UNRESOLVED: {
    level: 'ERR',
    process: 'configmgr',
    text: 'cip.sec.TvsProperty:? - Failed to resolve TVS {host}',
    literal: 'begins',
  },
  TVS_RESOLVED: {
    level: 'NOT',
    process: 'configmgr',
    text: 'cip.sec.TvsProperty:? - Resolve TVS {host} to {address}',
    literal: 'begins',
  },
  FILE_ASKED: {
    level: 'NOT',
    process: 'downloader',
    text: 'dgetfile(870)-GETXXTP [GT870][src={file}][transport={transport}]',
    literal: 'begins',
  },
  FILE_MISSING: { level: 'WRN', process: 'downloader', text: 'file not found [src={file}]', literal: 'ours' },
  FILE_FAILED: { level: 'ERR', process: 'downloader', text: 'file failed [src={file}] {code}', literal: 'ours' },
  LIST_VERSION: trust('NOT', 'AUTH: hdr ver {version} (knows only upto 1.1)'),
  LIST_FAITH: trust('NOT', 'leap of faith used to accept TL file'),
  LIST_VERIFIED: trust('NOT', 'TL file verified successfully'),
  LIST_PARSED: trust('NOT', 'updateFromFile: TL parse to table: CTL_SUCCESS'),
  LIST_UPDATED: trust('NOT', 'TL file updated'),
  LIST_REFUSED: { level: 'ERR', process: 'secureapp', text: 'TL file refused: {code}', literal: 'ours' },
  CONFIG_REFUSED: { level: 'ERR', process: 'secureapp', text: 'configuration file refused: {code}', literal: 'ours' },
  NO_MATCH: trust('WRN', 'No match found in trust list against the item'),
  TVS_ROLE: trust('NOT', 'Cert Verification - Role is = {role}'),
  TVS_HASHES_MATCH: trust('NOT', 'Hashes match... authentication successful'),
  TVS_CACHED: trust('NOT', 'TVS added cert to TVS cache - expires in {hours} hours'),
  TVS_FAILED: { level: 'ERR', process: 'secureapp', text: 'TVS {host} failed: {code}', literal: 'ours' },
  TVS_DENIED: { level: 'ERR', process: 'secureapp', text: 'TVS does not confirm the certificate', literal: 'ours' },
  CAPF_DECIDED: {
    level: 'NOT',
    process: 'configmgr',
    text: 'cip.sec.CertificateProperty:? - Certificate operation, reason {reason}',
    literal: 'begins',
  },
  CAPF_START: {
    level: 'NOT',
    process: 'secureapp',
    text: 'RCAPF_START_MODE: Start CAPF - mode:[{number}]([{mode}])',
    literal: 'begins',
  },
  CAPF_INIT: capf('NOT', 'CAPF_CLNT_INIT:CAPF clnt initialized'),
  CAPF_DELAY: capf('NOT', 'CAPFClnt: SetDelayTimer - set with value <{seconds}>'),
  CAPF_BIO_INVALID: capf('ERR', 'Sec create BIO - invalid parameter.'),
  CAPF_BIO_FAILED: capf('ERR', 'SEC_CAPF_BIO_F: CAPF create bio failed'),
  CAPF_OP_FAILED: capf('ERR', 'SEC_CAPF_OP_F: CAPF operation failed, ret {result}'),
  CAPF_LOST: {
    level: 'CRT',
    process: 'configmgr',
    text: 'cip.sec.CertificateProperty$1:? - Certificate operation failed',
    literal: 'begins',
  },
} as const satisfies Record<string, ConsoleRow>

export type ConsoleCode = keyof typeof CONSOLE_LINES

/** One line of the console. `at` in milliseconds since 1970, `text` the whole line as it would be printed. */
export type ConsoleLine = { readonly at: number; readonly code: ConsoleCode; readonly level: ConsoleLevel; readonly text: string }

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NUMBERS = 10_000

const pad = (value: number, width: number) => String(value).padStart(width, '0')

/** `Mar 12 15:07:53.686410`, in UTC. */
const timestamp = (at: number): string => {
  const date = new Date(at)
  const day = `${MONTHS[date.getUTCMonth()]} ${pad(date.getUTCDate(), 2)}`
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(part => pad(part, 2)).join(':')
  return `${day} ${time}.${pad(Math.floor((at * 1000) % 1_000_000), 6)}`
}

/** Writes the console of one phone: `NNNN LVL Mon DD hh:mm:ss.uuuuuu (pid:tid) PROC-text`. Costs nothing without a sink. */
export class ConsoleLog {
  readonly #now: () => number
  readonly #sink: ((line: ConsoleLine) => void) | undefined
  #number = 0

  constructor(init: { now: () => number; sink: ((line: ConsoleLine) => void) | undefined }) {
    this.#now = init.now
    this.#sink = init.sink
  }

  write(code: ConsoleCode, values: TemplateValues = {}): void {
    if (!this.#sink) return
    const { level, process, text } = CONSOLE_LINES[code]
    const at = this.#now()
    this.#number = (this.#number + 1) % NUMBERS
    const words = `${CONSOLE_PROCESSES[process]}${fillTemplate(text, values)}`
    this.#sink({ at, code, level, text: `${pad(this.#number, 4)} ${level} ${timestamp(at)} ${words}` })
  }
}
