import {
  BOOT_EVENTS,
  BOOT_FILES,
  BOOT_PHASES,
  BOOT_STEPS,
  type BootEvent,
  type BootStepName,
  CAPF_RULES,
  CONFIG_RULES,
  CONSOLE_LINES,
  CONSOLE_PROCESSES,
  type DecisionRow,
  LIST_RULES,
  MODELS,
  nextStep,
  type PhoneModel,
  STATUS_MESSAGES,
} from '../../packages/phone/src/index.ts'
import { code, table } from './markdown.ts'

const words = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => (value === true ? name : value === false ? `not ${name}` : `${name} ${value}`))
    .join(', ')

const decisionTable = <F extends object, D extends { do: string }>(rows: readonly DecisionRow<F, D>[]): string =>
  table(
    ['if', 'then', 'because'],
    rows.map(({ when, decision, why }) => {
      const { do: action, ...rest } = decision
      return [words(when) || 'otherwise', [action, ...Object.values(rest).filter(value => value !== true)].join(' '), why]
    }),
  )

const events = Object.keys(BOOT_EVENTS) as BootEvent[]

/** Events that lead to the same step stand together. */
const following = (step: BootStepName): string => {
  const byNext = Map.groupBy(
    events.filter(event => nextStep(step, event) !== undefined),
    event => nextStep(step, event)!,
  )
  const ways = [...byNext].map(([next, names]) => `${names.join(', ')}: ${code(next)}`)
  return ways.length > 0 ? ways.join('; ') : 'the end'
}

const steps = (): string =>
  table(
    ['step', 'does', 'file', 'then'],
    (Object.keys(BOOT_STEPS) as BootStepName[]).map(step => {
      const { action } = BOOT_STEPS[step]
      const file = 'file' in action ? code(BOOT_FILES[action.file].name) : ''
      return [code(step), action.do, file, following(step)]
    }),
  )

const models = (): string =>
  table(
    ['model', 'TLS', 'trust lists', 'digests', 'files by', 'RSA up to', 'EC', 'CAPF', 'RSA-2048 takes'],
    Object.entries<PhoneModel>(MODELS).map(([name, model]) => [
      name,
      model.minTls === model.maxTls ? model.minTls : `${model.minTls} to ${model.maxTls}`,
      model.trustLists.join(', '),
      model.digests.join(', '),
      [...(model.https ? ['HTTPS'] : []), ...(model.http ? ['HTTP'] : []), 'TFTP'].join(', '),
      String(model.maxRsaBits),
      model.ec ? 'yes' : 'no',
      String(model.protocolVersion),
      model.rsa2048Ms.map(ms => `${ms / 1000} s`).join(' to '),
    ]),
  )

/** The parts of docs/protocol/boot.md that are tables in the code. */
export const bootTables = (): Readonly<Record<string, string>> => ({
  steps: steps(),
  events: table(
    ['outcome', 'means'],
    Object.entries(BOOT_EVENTS).map(([name, doc]) => [name, doc]),
  ),
  phases: table(
    ['phase', 'what is counted'],
    Object.entries(BOOT_PHASES).map(([name, doc]) => [name, doc]),
  ),
  models: models(),
  'list rules': decisionTable(LIST_RULES),
  'config rules': decisionTable(CONFIG_RULES),
  'capf rules': decisionTable(CAPF_RULES),
  'status messages': table(
    ['message', 'is shown when', 'certainty'],
    Object.values(STATUS_MESSAGES).map(({ text, cause, certainty }) => [code(text), cause, certainty]),
  ),
  'console lines': table(
    ['level', 'process and text', 'recorded', 'in code'],
    Object.entries(CONSOLE_LINES).map(([name, { level, process, text, literal }]) => [
      level,
      code(`${CONSOLE_PROCESSES[process]}${text}`),
      literal,
      code(name),
    ]),
  ),
})
