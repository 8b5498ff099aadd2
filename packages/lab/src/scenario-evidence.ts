import { iisLogFile, iisLogHeader } from '@capfkit/est/adcs'
import { deviceTable } from './scenarios/stage/device-table.ts'
import { showItl } from './scenarios/stage/show-itl.ts'
import type { Stage } from './scenarios/stage/stage.ts'

/** Files of one kind: names and text. */
export type EvidenceFiles = readonly { readonly file: string; readonly text: string }[]

type EvidenceRow = {
  readonly doc: string
  /** Its file, as people would write the name. */
  readonly file: string
  /** Names of its files. */
  readonly named: RegExp
  /** What is there of it now; nothing where the stage has nothing that would write it. */
  readonly collect: (stage: Stage) => EvidenceFiles | Promise<EvidenceFiles>
}

const one = (file: string, text: string): EvidenceFiles => [{ file, text }]
const ifAny = (file: string, text: string): EvidenceFiles => (text === '' ? [] : one(file, text))

/** What an operator collects, under the names that CUCM and IIS give it; the names of what is copied by hand are ours. */
export const EVIDENCE = {
  trace: {
    doc: 'SDI trace of CAPF',
    file: 'capf0001.txt',
    named: /^capf\d{4}\.txt$/,
    collect: ({ logs }) => one('capf0001.txt', logs.trace.text),
  },
  nginx: {
    doc: 'start of the registration authority (Cisco Certificate Enrollment Service)',
    file: 'nginx0001.txt',
    named: /^nginx\d{4}\.txt$/,
    collect: ({ logs }) => ifAny('nginx0001.txt', logs.nginx.text),
  },
  errorLog: {
    doc: 'error.log of the registration authority',
    file: 'error.log',
    named: /^error\.log$/,
    collect: ({ logs }) => ifAny('error.log', logs.errorLog.text),
  },
  iis: {
    doc: 'IIS log of the CA',
    file: 'u_exYYMMDD.log',
    named: /^u_ex\d{6}\.log$/,
    collect: ({ logs, clock, hasOnline }) => {
      const header = iisLogHeader(clock.now()).map(line => `${line}\n`)
      return hasOnline ? one(iisLogFile(clock.now()), `${header.join('')}${logs.iis.text}`) : []
    },
  },
  showItl: {
    doc: 'output of show itl on the TFTP server',
    file: 'show_itl.txt',
    named: /^show_itl\.txt$/,
    collect: ({ files }) => one('show_itl.txt', `admin:show itl\n${showItl(files.itl).join('\n')}\n`),
  },
  devices: {
    doc: 'device table of the publisher',
    file: 'device.csv',
    named: /^device\.csv$/,
    collect: async ({ store }) => one('device.csv', await deviceTable(store)),
  },
  console: {
    doc: 'console log of each phone',
    file: 'console_NAME.txt',
    named: /^console_\w+\.txt$/,
    collect: ({ phones }) => phones.flatMap(({ name, console }) => ifAny(`console_${name}.txt`, console.text)),
  },
  phone: {
    doc: 'status messages of each phone',
    file: 'status_NAME.txt',
    named: /^status_\w+\.txt$/,
    collect: ({ phones }) =>
      phones.flatMap(({ name, status, statusPage }) => (status.text === '' ? [] : one(`status_${name}.txt`, statusPage))),
  },
  papers: {
    doc: 'what this failure has besides: certificates, lists, arrival curves',
    file: 'CAPF.pem, stale_lsc.txt, arrivals.csv, …',
    named:
      /^(?:(?:CAPF|next_ca|SEP[0-9A-F]{12})\.pem|arrivals\.(?:csv|txt)|monitor\.jsonl|(?:stale_lsc|capf_start|pki_timers|pki_debug)\.txt)$/,
    collect: ({ papers }) => [...papers].map(([file, text]) => ({ file, text })),
  },
} as const satisfies Record<string, EvidenceRow>

export type EvidenceKind = keyof typeof EVIDENCE
export type Evidence = Readonly<Record<EvidenceKind, EvidenceFiles>>

const KINDS = Object.keys(EVIDENCE) as readonly EvidenceKind[]

/** Everything that there is at this moment. */
export const collectEvidence = async (stage: Stage): Promise<Evidence> => {
  const collected: Partial<Record<EvidenceKind, EvidenceFiles>> = {}
  for (const kind of KINDS) collected[kind] = await (EVIDENCE[kind] as EvidenceRow).collect(stage)
  return collected as Evidence
}

/** All text of one kind. */
export const textOf = (evidence: Evidence, kind: EvidenceKind): string => evidence[kind].map(({ text }) => text).join('')
