import { flag, int, nearest, optionalText } from '@capfkit/codec/options'
import { FINDINGS, type FindingName } from '@capfkit/diagnose'
import { runScenario, runScenarios, SCENARIOS, type Scenario, type ScenarioResult } from '@capfkit/lab'
import { CERT_STATUSES } from '@capfkit/server'
import { command, JSON_OPTION } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Interruption } from '../interruption.ts'
import { type Io, note, painter, print } from '../io.ts'
import { makeOutFolder } from '../out-folder.ts'
import { startProgress } from '../progress.ts'
import { plain, screenTable } from '../screen-table.ts'

const RUN_OPTIONS = {
  all: flag({ default: false, doc: 'Run every scenario, several at once, and print a table.' }),
  evidence: optionalText({
    doc: 'Folder for what an operator would collect, made when missing. With --all, a folder of its own in it for each scenario.',
  }),
  atOnce: int({
    default: 4,
    min: 1,
    max: 64,
    unit: 'scenarios',
    doc: 'Scenarios at once with --all; each has a cluster of its own.',
  }),
  ...JSON_OPTION,
} as const

const NAMES = Object.keys(SCENARIOS) as readonly FindingName[]
const isName = (word: string): word is FindingName => Object.hasOwn(SCENARIOS, word)

const wrongUse = (where: string, { detail, remedy }: { detail: string; remedy: string }) =>
  new CliError('CLI_USAGE', { where, detail, remedy })

/** The scenarios that were asked for. @throws {CliError} `CLI_USAGE` */
const chosen = (word: string | undefined, all: boolean): readonly FindingName[] => {
  if (all && word !== undefined) throw wrongUse(word, { detail: '--all runs every scenario', remedy: 'leave one of the two out' })
  if (all) return NAMES
  if (word === undefined)
    throw wrongUse('capf lab run', { detail: 'no scenario', remedy: 'name one of capf lab list, or use --all' })
  if (isName(word)) return [word]
  const near = nearest(word, NAMES)
  throw wrongUse(word, { detail: 'there is no such scenario', remedy: near ? `did you mean ${near}?` : 'see capf lab list' })
}

/** Why it is no success, a line each. */
const complaints = ({ error, missing, missingAfter }: ScenarioResult): string[] => [
  ...(error === undefined ? [] : [`could not be played: ${error}`]),
  ...missing.map(text => `did not show: ${text}`),
  ...missingAfter.map(text => `did not show after the cure: ${text}`),
]

type Shown = { readonly io: Io; readonly evidence: string | undefined }

/** What an operator would see, and what helped. */
const showOne = (result: ScenarioResult, { io, evidence }: Shown): void => {
  const paint = painter(io.stdout, io)
  const { name, ok, seen, chart, files } = result
  const { broken, shows, cured } = SCENARIOS[name] as Scenario
  const { explanation, cure } = FINDINGS[name]
  print(io, `${paint('bold', name)}: ${explanation}\n`)
  print(io, `broken here: ${broken}\n`)
  for (const { file, line, text } of seen) print(io, `${paint('dim', `${file}:${line}`)}  ${plain(text)}`)
  for (const status of new Set([shows.statuses ?? []].flat()))
    print(io, `${paint('dim', 'device.csv')}  tkCertificateStatus ${status}: ${CERT_STATUSES[status]?.text}`)
  if (chart !== undefined) print(io, `\n${chart.trimEnd()}`)
  print(io, `\ncure: ${cure}`)
  print(io, `cured here: ${cured}\n`)
  print(io, ok ? paint('green', 'shown, and cured') : paint('red', 'failed'))
  if (evidence !== undefined) print(io, `evidence in ${evidence}: ${files.join(', ')}`)
}

const showAll = (results: readonly ScenarioResult[], io: Io): void => {
  const rows = results.map(({ name, ok, ms, files }) => [name, ok ? 'shown and cured' : 'FAILED', `${ms}`, `${files.length}`])
  print(io, screenTable(io, { head: ['scenario', 'result', 'ms', 'files'], rows }))
  const failed = results.filter(({ ok }) => !ok).length
  const isWhole = results.length === NAMES.length
  const played = isWhole ? `${NAMES.length} scenarios` : `stopped after ${results.length} of ${NAMES.length} scenarios`
  print(io, `\n${played}, ${failed === 0 ? 'all shown and cured' : `${failed} failed`}`)
}

export const run = command({
  name: 'run',
  doc: 'Cause a failure, show what an operator would see of it, and cure it',
  details:
    'Each scenario has a cluster of its own on loopback, with real parties. What an operator would collect is written under the names of the product: of the failure into the folder of --evidence, of the time after the cure into the folder after in it. Exit code 1: a scenario did not show what it must; 5: Ctrl-C came before the last one.',
  examples: [
    ['lab run wrong-auth-string --evidence evidence', 'One failure, and its logs'],
    ['lab run --all --json', 'The whole catalogue, as one object'],
  ],
  words: { name: { doc: 'A name of capf lab list.', optional: true } },
  options: RUN_OPTIONS,
  async run({ options, words, io }): Promise<ExitCode> {
    const { all, evidence, atOnce, json } = options
    const names = chosen(words.name, all)
    if (evidence !== undefined) await makeOutFolder(evidence)
    using interruption = new Interruption(io)
    const { signal } = interruption
    const red = painter(io.stderr, io)
    using progress = all ? await startProgress(io, { what: 'scenarios', total: names.length }) : undefined
    let done = 0
    const onResult = (result: ScenarioResult) => {
      progress?.show(++done)
      for (const complaint of complaints(result)) note(io, `${red('red', 'capf:')} ${result.name}: ${complaint}`)
    }
    const inFolder = evidence === undefined ? {} : { evidence }
    const results = all
      ? await runScenarios(names, { ...inFolder, atOnce, signal, onResult })
      : await Promise.all(names.map(name => runScenario(name, inFolder)))
    if (!all) results.forEach(onResult)
    progress?.end()
    const ok = results.length === names.length && results.every(result => result.ok)
    if (json) print(io, JSON.stringify({ version: 1, ok, scenarios: results }))
    else if (all) showAll(results, io)
    else for (const result of results) showOne(result, { io, evidence })
    if (results.length < names.length) return EXIT.stopped
    return ok ? EXIT.pass : EXIT.failed
  },
})
