import { type DiagnosedSource, type Diagnosis, type EvidenceLine, type Finding, formatOffset } from '@capfkit/diagnose'
import { counted } from '../counted.ts'
import { type Io, painter } from '../io.ts'
import { paragraph } from '../paragraph.ts'
import { plain, screenTable } from '../screen-table.ts'

const COLOURS = { error: 'red', warning: 'yellow', info: 'cyan' } as const
const LABEL_WIDTH = 15
/** Longer stories are in the JSON form and on the page. */
const MAX_TIMELINE = 24
const MAX_TIMELINES = 3
const MAX_TEXT = 200

const place = ({ file, line }: EvidenceLine) => `${file}:${line}`
const cut = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)

const findingLines = (finding: Finding, io: Io): string[] => {
  const { name, severity, device, at, evidence, explanation, cure, collectNext, isUnsure } = finding
  const paint = painter(io.stdout, io)
  const about = [device, at].filter(part => part !== undefined).map(part => `  ${plain(part)}`)
  const below = (label: string, text: string) => paragraph(`  ${label}`, { text: plain(text), indent: LABEL_WIDTH })
  return [
    '',
    `${paint(COLOURS[severity], severity)}  ${paint('bold', name)}${about.join('')}${isUnsure ? '  (the likeliest of several causes)' : ''}`,
    ...below('what', explanation),
    ...evidence.flatMap(line => [`    ${plain(place(line))}`, `      ${paint('dim', plain(cut(line.text.trim())))}`]),
    ...below('cure', cure),
    ...collectNext.flatMap((what, index) => below(index === 0 ? 'collect next' : '', what)),
  ]
}

const leftOutOf = ({ leftOut }: DiagnosedSource): string =>
  leftOut
    .map(({ why, count, line }) => `${why}${count > 1 ? ` (${count})` : ''}${line === undefined ? '' : `, from line ${line}`}`)
    .join('; ')

const sourceLines = (sources: readonly DiagnosedSource[], io: Io): string =>
  screenTable(io, {
    head: ['file', 'kind', 'lines', 'clock ahead', 'left out'],
    rows: sources.map(source => [
      plain(source.file),
      source.isNoisy ? `${source.kind}, scanned` : source.kind,
      String(source.lines),
      source.offsetMs === undefined ? '–' : formatOffset(source.offsetMs),
      plain(leftOutOf(source)),
    ]),
    flexible: 4,
  })

const timelineLines = ({ timelines }: Diagnosis): string[] => [
  ...timelines
    .slice(0, MAX_TIMELINES)
    .flatMap(({ device, entries }) => [
      '',
      `${plain(device)}, on the clock of the first source:`,
      ...(entries.length > MAX_TIMELINE ? [`  (${entries.length - MAX_TIMELINE} earlier lines are in --json and --html)`] : []),
      ...entries
        .slice(-MAX_TIMELINE)
        .map(entry => plain(`  ${(entry.at ?? '').padEnd(24)}${place(entry)}  ${cut(entry.text.trim())}`)),
    ]),
  ...(timelines.length > MAX_TIMELINES
    ? ['', `the stories of ${timelines.length - MAX_TIMELINES} more phones are in --json and --html`]
    : []),
]

/** A diagnosis for a screen: findings, the story of the devices, and what was read. */
export const diagnosisLines = (diagnosis: Diagnosis, io: Io): string[] => {
  const { sources, findings, leftOut } = diagnosis
  return [
    findings.length === 0 ? 'nothing was found' : counted(findings.length, 'finding'),
    ...findings.flatMap(finding => findingLines(finding, io)),
    ...(leftOut.findings > 0 ? ['', `and ${leftOut.findings} more of the same names, about other phones`] : []),
    ...timelineLines(diagnosis),
    '',
    sourceLines(sources, io),
    ...(leftOut.sightings > 0 ? ['', `${leftOut.sightings} further lines that say the same were left out`] : []),
  ]
}
