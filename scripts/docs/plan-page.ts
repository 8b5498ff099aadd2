import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DISTRIBUTIONS, type DocumentRow, isOption, type OptionRow } from '../../packages/codec/src/options/index.ts'
import { PLAN_SECTIONS, THRESHOLD_METRICS } from '../../packages/fleet/src/index.ts'
import { ROOT } from '../workspace.ts'
import { code, GENERATED, page, table } from './markdown.ts'

/** Where the examples are; a test reads and runs each of them. */
const EXAMPLES = 'docs/plans'

const KINDS = { number: 'number', string: 'text', boolean: 'true or false', list: 'list of texts' } as const

const optionAllowed = ({ kind, range, unit }: OptionRow): string => {
  const values = range === undefined || range === 'text that is not empty' ? KINDS[kind] : range
  return unit === undefined ? values : `${values} ${unit}`
}

const allowed = (row: DocumentRow): string => {
  if (isOption(row)) return optionAllowed(row)
  const short = row.short ? `${optionAllowed(row.short)}, or ` : ''
  if (row.kind === 'many') return `${short}a list of up to ${row.most}`
  const names = row.kind === 'named' ? row.names : Object.keys(row.rows)
  return `${short}names with values: ${names.join(', ')}`
}

const defaultOf = (row: DocumentRow): string =>
  isOption(row) && row.default !== undefined && row.default !== '' ? code(String(row.default)) : '–'

const rowsOf = (rows: Readonly<Record<string, DocumentRow>>): string =>
  table(
    ['name', 'allowed', 'default', 'what it says'],
    Object.entries(rows).map(([name, row]) => [code(name), allowed(row), defaultOf(row), row.doc]),
  )

/** Where the inner sections of a section are described. */
const DESCRIBED_ELSEWHERE: Readonly<Record<string, string>> = {
  'faults[]': 'What each fault is, and its parameters: [faults.md](faults.md).',
}

/** A section with everything below it, by its path. */
const parts = (path: string, row: DocumentRow): string[] => {
  if (isOption(row)) return []
  if (row.kind === 'many') return parts(`${path}[]`, row.item)
  if (row.kind === 'named') return parts(`${path}.NAME`, row.item)
  const elsewhere = DESCRIBED_ELSEWHERE[path]
  return [
    `### ${path}`,
    row.short ? `${row.doc} In short: ${code(optionAllowed(row.short))}.` : row.doc,
    rowsOf(row.rows),
    ...(elsewhere === undefined
      ? Object.entries(row.rows).flatMap(([name, inner]) => parts(`${path}.${name}`, inner))
      : [elsewhere]),
  ]
}

const exampleParts = (): string[] =>
  readdirSync(join(ROOT, EXAMPLES))
    .filter(name => name.endsWith('.yaml'))
    .sort()
    .flatMap(name => {
      const text = readFileSync(join(ROOT, EXAMPLES, name), 'utf8').trim()
      return [`### ${name.replace('.yaml', '')}`, `[plans/${name}](plans/${name})`, `\`\`\`yaml\n${text}\n\`\`\``]
    })

/** `docs/plan.md`: everything that may stand in a plan, and plans to begin with. */
export const planPage = (): string =>
  page([
    '# Plans',
    GENERATED,
    'A plan says who comes, when, and what is to come of it: `capf fleet run PLAN.yaml`. It is YAML 1.2 (or JSON). Names are written as here or with dashes; times have a unit (`250ms`, `30s`, `5m`, `2h`, `1d`), shares a percent sign, rates are by second (`50`, `50/s`, `30/m`). Files that a plan names are looked for in the folder in which `capf` is started, as with flags. The form of plans is ours.',
    'Beside the sections below, every option of [the fleet](config.md#fleet) may stand at the top of a plan by its name in option files, such as `phones: 1000`, `embedded: true`, `seed: 7`. A flag, an environment variable or an option file goes before the plan, and takes the place of what it excludes there: `--server HOST:PORT` beside a plan with `embedded: true`; of thresholds, faults and networks all of the plan. With `phases`, the options `rounds`, `rate` and `concurrency` have no place.',
    '`capf fleet plan check FILE` says every mistake at once, `FILE:LINE:COLUMN: path, what is wrong, what it must be`, or what the plan will do. `capf fleet plan --schema` prints the JSON Schema, [schemas/plan.schema.json](../schemas/plan.schema.json): an editor with a YAML language server takes it from a first line `# yaml-language-server: $schema=plan.schema.json`. In code: `readPlan(text)` of `@capfkit/fleet` gives what `runFleet` takes.',
    '## Sections',
    rowsOf(PLAN_SECTIONS),
    ...Object.entries(PLAN_SECTIONS).flatMap(([name, row]) => parts(name, row)),
    '## Distributions',
    'A time that differs from case to case, drawn from the seed. In braces it needs quotes, because YAML ends a value at a comma there.',
    table(
      ['written', 'means'],
      [
        ['`2s`', 'always this time'],
        ...Object.entries(DISTRIBUTIONS).map(([name, { written, doc }]) => [code(written), `${doc} (${name})`]),
      ],
    ),
    '## Thresholds',
    'A threshold is `METRIC[(OF)] SIGN VALUE [over TIME] [abort [after TIME]]`, with one of `<`, `<=`, `>`, `>=`; the flag `--threshold` takes the same words, and can be given several times. A share is a percentage, a latency a time, a rate `NUMBER/s`. `over 10s`: in every window of 10 s within a phase, where the last window of a phase counts when it is at least half as long; a window in which nothing was measured is not counted. Over the whole run, nothing measured is a miss: what was not seen was not shown to be right. `abort` ends the run at a miss, `after 30s` not before so much of it is over.',
    'A missed threshold makes the verdict `fail`. The exit code is 1 when a share of failures was missed, 3 when only latencies, rates or starts were. Results are in the summary, `--json`, JUnit XML and the HTML report.',
    table(
      ['metric', 'in brackets', 'value', 'what it is'],
      Object.entries<{ doc: string; unit: string; selector?: string }>(THRESHOLD_METRICS).map(([name, { doc, unit, selector }]) => [
        code(name),
        selector === undefined ? '–' : SELECTOR_WORDS[selector]!,
        UNIT_WORDS[unit]!,
        doc,
      ]),
    ),
    '## Examples',
    ...exampleParts(),
  ])

const SELECTOR_WORDS: Readonly<Record<string, string>> = {
  failure: 'a side (`server`, `client`, `network`, `generator`), a phase, or a reason of [errors.md](errors.md)',
  latency: '`scheduled`, `actual`, or a phase such as `tls`',
}
const UNIT_WORDS: Readonly<Record<string, string>> = { ms: 'a time', share: 'a percentage', perSecond: 'a rate' }
