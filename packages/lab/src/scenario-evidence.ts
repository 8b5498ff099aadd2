import { createHash } from 'node:crypto'
import { parseTrustList, type ShownFile, showCorruptList, showMissingList, showTrustList, TlvError } from '@capfkit/codec/tlv'
import { iisLogFile, iisLogHeader } from '@capfkit/est/adcs'
import { checkTrustList } from '@capfkit/pki'
import { deviceTable } from './scenarios/stage/device-table.ts'
import type { Stage } from './scenarios/stage/stage.ts'

/** Files of one kind: names and text. */
export type EvidenceFiles = readonly { readonly file: string; readonly text: string }[]

type EvidenceRow = {
  readonly doc: string
  /** What is there of it now; nothing where the stage has nothing that would write it. */
  readonly collect: (stage: Stage) => EvidenceFiles | Promise<EvidenceFiles>
}

const hex = (algorithm: 'md5' | 'sha1', bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex')

/** As `show itl` prints the file that is served now. */
const showItl = (bytes: Buffer): string[] => {
  if (bytes.length === 0) return showMissingList('ITL')
  const shown: ShownFile = { kind: 'ITL', lengthBytes: bytes.length, md5: hex('md5', bytes), sha1: hex('sha1', bytes) }
  try {
    parseTrustList(bytes)
  } catch (error) {
    if (error instanceof TlvError) return showCorruptList(shown)
    throw error
  }
  const { list, findings, signedBy } = checkTrustList(bytes)
  const signerDer = signedBy === undefined ? undefined : list.records[signedBy - 1]?.certificateDer
  const isVerified = signedBy !== undefined && !findings.some(({ code }) => code === 'TRUST_BAD_SIGNATURE')
  const sha1Of = (data: Buffer) => createHash('sha1').update(data).digest()
  return showTrustList(list, { ...shown, sha1Of, isVerified, signerDer })
}

const one = (file: string, text: string): EvidenceFiles => [{ file, text }]
const ifAny = (file: string, text: string): EvidenceFiles => (text === '' ? [] : one(file, text))

/** What an operator collects, under the names that CUCM and IIS give it; the names of what is copied by hand are ours. */
export const EVIDENCE = {
  trace: { doc: 'SDI trace of CAPF', collect: ({ logs }) => one('capf0001.txt', logs.trace.text) },
  nginx: {
    doc: 'start of the registration authority (Cisco Certificate Enrollment Service)',
    collect: ({ logs }) => ifAny('nginx0001.txt', logs.nginx.text),
  },
  errorLog: { doc: 'error.log of the registration authority', collect: ({ logs }) => ifAny('error.log', logs.errorLog.text) },
  iis: {
    doc: 'IIS log of the CA',
    collect: ({ logs, clock, hasOnline }) => {
      const header = iisLogHeader(clock.now()).map(line => `${line}\n`)
      return hasOnline ? one(iisLogFile(clock.now()), `${header.join('')}${logs.iis.text}`) : []
    },
  },
  showItl: {
    doc: 'output of show itl on the TFTP server',
    collect: ({ files }) => one('show_itl.txt', `admin:show itl\n${showItl(files.itl).join('\n')}\n`),
  },
  devices: { doc: 'device table of the publisher', collect: async ({ store }) => one('device.csv', await deviceTable(store)) },
  console: {
    doc: 'console log of each phone',
    collect: ({ phones }) => phones.flatMap(({ name, console }) => ifAny(`console_${name}.txt`, console.text)),
  },
  phone: {
    doc: 'status messages of each phone',
    collect: ({ phones }) =>
      phones.flatMap(({ name, status, statusPage }) => (status.text === '' ? [] : one(`status_${name}.txt`, statusPage))),
  },
  papers: {
    doc: 'what this failure has besides',
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
