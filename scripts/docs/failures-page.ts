import { FINDINGS, type FindingName } from '../../packages/diagnose/src/index.ts'
import { EVIDENCE, type EvidenceKind, SCENARIOS, type Scenario } from '../../packages/lab/src/index.ts'
import { CERT_STATUSES } from '../../packages/server/src/index.ts'
import { code, GENERATED, page, table } from './markdown.ts'

const KINDS = Object.keys(EVIDENCE) as readonly EvidenceKind[]
const NAMES = Object.keys(SCENARIOS) as readonly FindingName[]

/** What is read, by the file in which it is read. */
const noticed = ({ shows }: Scenario): string[] => {
  const texts = KINDS.flatMap(kind => (shows[kind] ?? []).map(text => [kind, code(text)]))
  const statuses = [...new Set([shows.statuses ?? []].flat())]
  const rows = statuses.map(status => ['devices', `status ${status}, ${CERT_STATUSES[status]?.text}`])
  return [table(['in', 'is read'], [...texts, ...rows])]
}

const section = (name: FindingName): string[] => {
  const scenario: Scenario = SCENARIOS[name]
  const { severity, explanation, cure } = FINDINGS[name]
  return [
    `## ${name}`,
    `*${severity}*: ${explanation}.`,
    `Broken in the laboratory: ${scenario.broken}.`,
    ...noticed(scenario),
    `Cure: ${cure}.`,
    `Cured in the laboratory: ${scenario.cured}.`,
  ]
}

const files = table(
  ['evidence', 'file', 'what it is'],
  KINDS.map(kind => [kind, code(EVIDENCE[kind].file), EVIDENCE[kind].doc]),
)

/** docs/failures.md: every failure that the laboratory can cause and the diagnosis can find. */
export const failuresPage = (): string =>
  page([
    '# Failures',
    GENERATED,
    'Every failure that the laboratory can cause and a diagnosis can find, under one name. `capf lab run NAME --evidence DIR` causes it with real parties on loopback, writes what an operator would collect, cures it, and writes the same again into `DIR/after`. The files that CUCM or IIS writes have their names; those of what is copied by hand are ours.',
    files,
    ...NAMES.flatMap(section),
  ])
