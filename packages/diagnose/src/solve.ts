import type { DeviceEvidence } from './evidence.ts'
import { FINDINGS, type FindingName, type Severity } from './findings/index.ts'
import { RULES } from './rules/index.ts'
import { BEYOND_DOUBT, CERTAIN, isNeeded, type Need, type Rule, type Way } from './rules/rule.ts'
import type { Milestone, Sighting } from './sighting.ts'

/** Something that was found, before it is put into words. */
export type Found = {
  readonly name: FindingName
  readonly severity: Severity
  readonly device: string | undefined
  readonly weight: number
  readonly evidence: readonly Sighting[]
  /** Later the device got what it was to get, or the servers did what they are to do. */
  readonly isOver: 'for the device' | 'for all' | false
}

const MAX_SHOWN = 8

export type SolveInit = {
  readonly devices: Iterable<DeviceEvidence>
  /** Of no device. */
  readonly site: readonly Sighting[]
  /** ms since 1970. */
  readonly now: number
  /** Whether a milestone was reached behind all of these lines. */
  readonly isPast: (sightings: readonly Sighting[], milestone: Milestone) => boolean
}

type Clues = { readonly own: readonly Sighting[]; readonly site: readonly Sighting[] }

const first = ({ own, site }: Clues, need: Need): Sighting | undefined =>
  own.findLast(sighting => isNeeded(sighting, need)) ?? site.findLast(sighting => isNeeded(sighting, need))

const tryWay = (
  { needs, lacks = [], shows = [], when }: Way,
  { clues, now }: { clues: Clues; now: number },
): Sighting[] | undefined => {
  const needed: Sighting[] = []
  for (const need of needs) {
    const sighting = first(clues, need)
    if (!sighting) return undefined
    needed.push(sighting)
  }
  // A device is not sick for what others have.
  if (clues.own.length > 0 && !needed.some(({ device }) => device !== undefined)) return undefined
  if (lacks.some(need => first(clues, need))) return undefined
  if (when && !when(needed, now)) return undefined
  const shown = shows.flatMap(need => first(clues, need) ?? [])
  return [...new Set([...needed, ...shown])].slice(0, MAX_SHOWN)
}

const severityOf = (name: FindingName, isOver: Found['isOver']): Severity => {
  const { severity } = FINDINGS[name]
  return isOver !== false && severity === 'error' ? 'warning' : severity
}

type Case = Pick<SolveInit, 'now' | 'isPast'> & { readonly device?: DeviceEvidence; readonly clues: Clues }

/** Who gets a certificate was let in before. */
const MILESTONES_OF = { never: [], loggedIn: ['loggedIn', 'served'], served: ['served'] } as const satisfies Record<
  Milestone | 'never',
  readonly Milestone[]
>

/** The best way of each rule that fits. */
const candidates = (rules: readonly Rule[], { device, clues, now, isPast }: Case): Candidate[] =>
  rules.flatMap(rule => {
    const ways = rule.ways.toSorted((a, b) => b.weight - a.weight)
    for (const way of ways) {
      const evidence = tryWay(way, { clues, now })
      if (!evidence) continue
      const isForDevice = device?.isDone === true && rule.outlastsSuccess !== true
      const isForAll = MILESTONES_OF[rule.endsWhen ?? 'never'].some(milestone => isPast(evidence, milestone))
      const isOver = isForDevice ? 'for the device' : isForAll && 'for all'
      const { name } = rule
      // What is no failure is of no interest where there is none.
      if (device?.hasSucceeded === true && FINDINGS[name].severity === 'info') return []
      return [{ rule, name, severity: severityOf(name, isOver), device: device?.device, weight: way.weight, evidence, isOver }]
    }
    return []
  })

type Candidate = Found & { readonly rule: Rule }

/** Whether what was found is but what another failure looks like. */
const isExplained = (one: Found, by: Candidate): boolean => {
  const { rule, weight } = by
  if (by.name === one.name || weight < CERTAIN) return false
  if (rule.replaces?.includes(one.name)) return true
  return one.weight < BEYOND_DOUBT && one.weight <= weight && rule.explains?.includes(one.name) === true
}

/** Without what others explain; of what is not certain only the likeliest, and only where nothing is. */
const settle = (found: readonly Candidate[]): Candidate[] => {
  const left = found.filter(one => !found.some(by => isExplained(one, by))).toSorted((a, b) => b.weight - a.weight)
  const certain = left.filter(({ weight }) => weight >= CERTAIN)
  return certain.length > 0 ? certain : left.slice(0, 1)
}

const DEVICE_RULES = RULES.filter(({ about }) => about === 'device')
const SITE_RULES = RULES.filter(({ about }) => about === 'site')

/** Likeliest first; of equals the graver one, then the one that more lines speak for. */
const SEVERITY_ORDER: readonly Severity[] = ['error', 'warning', 'info']
const byLikelihood = (a: Found, b: Found) =>
  SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity) ||
  b.weight - a.weight ||
  b.evidence.length - a.evidence.length

/** What all sightings together mean. */
export const solve = ({ devices, site, now, isPast }: SolveInit): Found[] => {
  const sites = settle(candidates(SITE_RULES, { clues: { own: [], site }, now, isPast }))
  const causeOf = (one: Found) => sites.find(site => site.name === one.name || isExplained(one, site))
  const witnesses = new Map<Found, Found[]>()
  const found: Found[] = []
  for (const device of devices) {
    for (const one of settle(candidates(DEVICE_RULES, { device, clues: { own: device.sightings, site }, now, isPast }))) {
      const cause = causeOf(one)
      if (cause) witnesses.set(cause, [...(witnesses.get(cause) ?? []), one])
      else found.push(one)
    }
  }
  return [...sites.map(one => withWitnesses(one, witnesses.get(one) ?? [])), ...found].sort(byLikelihood)
}

/** What the servers have is shown with what it did to phones; where that is one phone, it is about it. */
const withWitnesses = (one: Found, witnesses: readonly Found[]): Found => {
  const [only] = witnesses
  const evidence = [
    ...one.evidence,
    ...witnesses.slice(0, 3).flatMap(({ evidence }) => evidence.filter(({ device }) => device !== undefined)),
  ]
  return {
    ...one,
    evidence: [...new Set(evidence)].slice(0, MAX_SHOWN),
    ...(witnesses.length === 1 && only ? { device: only.device } : {}),
  }
}
