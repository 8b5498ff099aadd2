import type { Shows } from './scenario.ts'
import { EVIDENCE, type Evidence, type EvidenceKind, textOf } from './scenario-evidence.ts'

/** A line of evidence that shows what it must; `line` counts from 1. */
export type SeenLine = { readonly kind: EvidenceKind; readonly file: string; readonly line: number; readonly text: string }

export type Checked = {
  /** What was not to be read, or was and must not be, in words. */
  readonly missing: readonly string[]
  /** Where the rest was read: the first line of each. */
  readonly seen: readonly SeenLine[]
}

type Pieces = readonly (readonly [kind: EvidenceKind, text: string])[]

const KINDS = Object.keys(EVIDENCE) as readonly EvidenceKind[]

const piecesOf = (shows: { readonly [K in EvidenceKind]?: readonly string[] }): Pieces =>
  KINDS.flatMap(kind => (shows[kind] ?? []).map(text => [kind, text] as const))

const find = (evidence: Evidence, [kind, piece]: Pieces[number]): SeenLine | undefined => {
  for (const { file, text } of evidence[kind]) {
    const lines = text.split('\n')
    const index = lines.findIndex(line => line.includes(piece))
    if (index >= 0) return { kind, file, line: index + 1, text: lines[index]! }
  }
  return undefined
}

/** tkCertificateStatus of each line of the device table. */
const statusesIn = (evidence: Evidence): number[] => {
  const [head = '', ...rows] = textOf(evidence, 'devices').trimEnd().split('\n')
  const column = head.split(',').indexOf('tkcertificatestatus')
  return rows.map(row => Number(row.split(',')[column]))
}

const wrongStatuses = (evidence: Evidence, { statuses }: Shows): string[] => {
  if (statuses === undefined) return []
  const found = statusesIn(evidence)
  const wanted = typeof statuses === 'number' ? found.map(() => statuses) : statuses
  const isRight = found.length > 0 && wanted.join() === found.join()
  return isRight ? [] : [`devices: status ${[statuses].flat().join()}, not ${found.join()}`]
}

/** Whether the evidence shows what it must, and where. */
export const checkEvidence = (evidence: Evidence, shows: Shows): Checked => {
  const found = piecesOf(shows).map(piece => ({ piece, seen: find(evidence, piece) }))
  const present = piecesOf(shows.lacks ?? {}).filter(piece => find(evidence, piece))
  return {
    missing: [
      ...found.flatMap(({ piece: [kind, text], seen }) => (seen ? [] : [`${kind}: ${text}`])),
      ...present.map(([kind, text]) => `${kind}, not wanted: ${text}`),
      ...wrongStatuses(evidence, shows),
    ],
    seen: found.flatMap(({ seen }) => seen ?? []),
  }
}
