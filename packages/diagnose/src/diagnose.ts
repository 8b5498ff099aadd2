import { CERT_STATUSES } from '@capfkit/server'
import { clockOffsets } from './clock-offsets.ts'
import { derive } from './derive.ts'
import { Evidence, type Source } from './evidence.ts'
import { FINDINGS, type FindingName, type Severity } from './findings/index.ts'
import type { InputFile } from './input/input-file.ts'
import type { LeftOut } from './input/plain-bytes.ts'
import { formatMoment } from './moment.ts'
import { readSource } from './read-source.ts'
import { CERTAIN } from './rules/rule.ts'
import type { Sighting } from './sighting.ts'
import { type Found, solve } from './solve.ts'
import { shownName } from './sources/named-later.ts'
import { storms } from './storms.ts'

export type EvidenceLine = {
  readonly file: string
  /** From 1. Of a recorded run the number of the entry. */
  readonly line: number
  readonly text: string
}

/** What went wrong, with what shows it. */
export type Finding = {
  readonly name: FindingName
  readonly severity: Severity
  /** The phone that it is about; nothing where it is about servers, or about many. */
  readonly device?: string
  /** When it was seen last, on the clock of the first source: `2019-02-27T16:53:28.000`, or a time of day where lines have no date. */
  readonly at?: string
  readonly evidence: readonly EvidenceLine[]
  readonly explanation: string
  readonly cure: string
  readonly collectNext: readonly string[]
  /** It is the likeliest of several causes: what to collect next would tell. */
  readonly isUnsure: boolean
}

/** One line in the story of a device. */
export type TimelineEntry = EvidenceLine & { readonly at?: string }

export type DiagnosedSource = {
  readonly file: string
  readonly kind: string
  /** How far its clock is ahead of that of the first source; nothing where no event tells. */
  readonly offsetMs?: number
  readonly lines: number
  readonly isNoisy: boolean
  readonly leftOut: readonly LeftOut[]
}

export type Diagnosis = {
  readonly sources: readonly DiagnosedSource[]
  /** The likeliest first. */
  readonly findings: readonly Finding[]
  /** Of each device of a finding, and of those that show one about servers: all that is known, in order, on the clock of the first source. */
  readonly timelines: readonly { readonly device: string; readonly entries: readonly TimelineEntry[] }[]
  /** What more there was than is told. */
  readonly leftOut: { readonly findings: number; readonly sightings: number }
}

export type DiagnoseOptions = {
  /** What is past, for certificates and dates without a year. Default: now. */
  readonly now?: Date
  /** Of one kind at most so many findings, each about another phone; the others are counted. Default 100. */
  readonly maxOfAName?: number
}

type Told = { readonly sources: readonly Source[]; readonly offsets: readonly (number | undefined)[] }

/** On the clock of the first source, ms; where no offset is known as it stands. */
const commonTime = ({ at, source }: Sighting, { offsets }: Told): number | undefined =>
  at === undefined ? undefined : at - (offsets[source] ?? 0)

const momentOf = (sighting: Sighting, told: Told): string | undefined => {
  const at = commonTime(sighting, told)
  return at === undefined ? undefined : formatMoment(at, told.sources[sighting.source]!.dating)
}

const lineOf = ({ source, line, text }: Sighting, { sources }: Told): EvidenceLine => ({ file: sources[source]!.file, line, text })

/** What the number in the row of the device means, where all rows shown have the same. */
const statusOf = (evidence: readonly Sighting[]): string => {
  const numbers = new Set(evidence.flatMap(({ clue, values }) => (clue === 'outcome' ? [Number(values.number)] : [])))
  const [number = 0] = numbers
  const text = CERT_STATUSES[number]?.text
  return numbers.size === 1 && text ? ` (status ${number}, ${text})` : ''
}

const LATER = { 'for the device': '; later the phone succeeded', 'for all': '; later it worked' } as const

const findingOf = ({ name, severity, device: about, evidence, weight, isOver }: Found, told: Told): Finding => {
  const { explanation, cure, collectNext } = FINDINGS[name]
  const device = shownName(about)
  const dated = evidence.filter(sighting => sighting.at !== undefined)
  const last = dated.toSorted((a, b) => commonTime(a, told)! - commonTime(b, told)!).at(-1)
  const at = last && momentOf(last, told)
  return {
    name,
    severity,
    ...(device === undefined ? {} : { device }),
    ...(at === undefined ? {} : { at }),
    evidence: evidence.map(sighting => lineOf(sighting, told)),
    explanation: `${explanation}${statusOf(evidence)}${isOver === false ? '' : LATER[isOver]}`,
    cure,
    collectNext,
    isUnsure: weight < CERTAIN,
  }
}

const DAY_MS = 86_400_000

const timelineOf = (device: string, { sightings, told }: { sightings: readonly Sighting[]; told: Told }) => {
  const hasDate = ({ source }: Sighting) => told.sources[source]!.dating !== 'time'
  const dated = sightings.flatMap(sighting => (hasDate(sighting) ? (commonTime(sighting, told) ?? []) : []))
  // Lines without a date are of the day of those that have one.
  const midnight = dated.length === 0 ? 0 : Math.floor(Math.min(...dated) / DAY_MS) * DAY_MS
  const order = (sighting: Sighting) => {
    const at = commonTime(sighting, told)
    return at === undefined ? Number.POSITIVE_INFINITY : hasDate(sighting) ? at : at + midnight
  }
  const entries = sightings.toSorted((a, b) => order(a) - order(b) || a.source - b.source || a.line - b.line)
  return {
    device: shownName(device) ?? 'a phone without a name',
    entries: entries.map(sighting => {
      const at = momentOf(sighting, told)
      return { ...lineOf(sighting, told), ...(at === undefined ? {} : { at }) }
    }),
  }
}

/** At most so many of each name. */
const bounded = (found: readonly Found[], most: number): Found[] => {
  const counts = new Map<string, number>()
  return found.filter(({ name }) => {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count <= most
  })
}

/**
 * Say what went wrong, from logs alone. Files of any kind and size, one after the other, in bounded memory; what cannot be read
 * is left out, and said so in `sources`. Rejects for nothing that stands in a file.
 */
export const diagnose = async (files: readonly InputFile[], options: DiagnoseOptions = {}): Promise<Diagnosis> => {
  const { now = new Date(), maxOfAName = 100 } = options
  const evidence = new Evidence()
  const sources: Source[] = []
  for (const [index, file] of files.entries()) sources.push(await readSource(file, { index, evidence, now }))
  for (const sighting of [...derive(evidence.site), ...storms(evidence.boots)]) evidence.add(sighting)
  const told = { sources, offsets: clockOffsets(sources) }
  const devices = [...evidence.devices()]
  const all = solve({
    devices,
    site: evidence.site,
    now: now.getTime(),
    isPast: (sightings, milestone) => evidence.isPast(sightings, milestone),
  })
  const found = bounded(all, maxOfAName)
  // What is about servers is shown by some of the phones that it hit.
  const named = new Set(found.flatMap(({ device, evidence }) => [device, ...evidence.map(sighting => sighting.device)]))
  return {
    sources: sources.map(({ file, kind, lines, isNoisy, leftOut }, index) => {
      const offsetMs = told.offsets[index]
      return { file, kind, ...(offsetMs === undefined ? {} : { offsetMs }), lines, isNoisy, leftOut }
    }),
    findings: found.map(one => findingOf(one, told)),
    timelines: devices
      .filter(({ device }) => named.has(device))
      .map(({ device, sightings }) => timelineOf(device, { sightings, told })),
    leftOut: { findings: all.length - found.length, sightings: evidence.droppedSightings },
  }
}
