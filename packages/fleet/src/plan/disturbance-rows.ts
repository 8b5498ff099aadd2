import {
  type DocumentTable,
  many,
  OptionError,
  type OptionRow,
  type OptionTable,
  requiredReading,
  type SectionRule,
  section,
} from '@capfkit/codec/options'
import { FAULT_NAMES, FAULTS, type FaultName, NETWORK_OPTIONS } from '@capfkit/phone'
import { FAULT_RULE_RANGE, parseFaultRule } from '../disturbance/fault-rule.ts'
import { NETWORK_GROUP_RANGE, parseNetworkGroup } from '../disturbance/network-group.ts'
import { CHOICES, GROUP_OPTIONS, RULE_OPTIONS } from '../disturbance/rule-rows.ts'

/** One line as the option takes it, checked. */
const oneLine = (range: string, parse: (text: string) => unknown) =>
  requiredReading({
    doc: 'In one line, as the option takes it.',
    range,
    read: (text): string => {
      try {
        parse(text)
        return text
      } catch (error) {
        if (!(error instanceof OptionError)) throw error
        throw new RangeError(`is wrong: ${error.problems.map(({ sentence }) => sentence).join('; ')}`)
      }
    },
  })

const oneFault: SectionRule = {
  of: FAULT_NAMES,
  wrong: (_, given) => {
    const stated = FAULT_NAMES.filter(name => given.has(name))
    if (stated.length === 1) return undefined
    return stated.length > 1 ? `has ${stated.join(' and ')}: give each a rule of its own` : `wants one of ${FAULT_NAMES.join(', ')}`
  },
}

const oneChoice: SectionRule = {
  of: CHOICES,
  wrong: (_, given) => {
    const stated = CHOICES.filter(name => given.has(name))
    return stated.length > 1 ? `has ${stated.join(' and ')}, which exclude each other` : undefined
  },
}

/** A rule is written as one line for the client processes, where these divide it. */
const plainPhase: SectionRule = {
  of: ['phase'],
  wrong: ({ phase }) => (/[;,]/.test(String(phase ?? '')) ? 'cannot name a phase with a comma or a semicolon' : undefined),
}

const faultRows: DocumentTable = Object.fromEntries(
  FAULT_NAMES.map(name => [
    name,
    section({ doc: FAULTS[name].doc, optional: true, rows: FAULTS[name].parameters as DocumentTable }),
  ]),
)

export const FAULTS_ROW = many({
  doc: 'What phones do wrong on purpose. The first rule that fits an operation is taken.',
  most: 100,
  item: section({
    doc: 'One rule: a fault with its parameters, and who commits it in which of their operations.',
    rows: { ...faultRows, ...RULE_OPTIONS } as DocumentTable,
    rules: [oneFault, oneChoice, plainPhase],
    short: oneLine(FAULT_RULE_RANGE, parseFaultRule),
  }),
})

export const GROUPS_ROW = many({
  doc: 'What the network of phones is like. The first group that has a phone is taken; without one it is without flaw.',
  most: 100,
  item: section({
    doc: 'One group: whose network, and what it is like.',
    rows: { ...NETWORK_OPTIONS, ...GROUP_OPTIONS },
    short: oneLine(NETWORK_GROUP_RANGE, parseNetworkGroup),
  }),
})

type Values = Readonly<Record<string, unknown>>

/** Shares are read into numbers. */
const written = (value: unknown, row: OptionRow): string =>
  row.range === 'PERCENT%' && typeof value === 'number' ? `${Number((value * 100).toPrecision(12))}%` : String(value)

/** Those of the table that say something else than they would by themselves, `name=value` each. */
const assignments = (values: Values, table: OptionTable): string[] =>
  Object.entries(table).flatMap(([name, row]) => {
    const value = values[name]
    if (value === undefined || value === row.default || written(value, row) === row.default) return []
    return [`${name}=${written(value, row)}`]
  })

/** A rule as the option `fault` takes it. */
export const faultText = (values: Values | string): string => {
  if (typeof values === 'string') return values
  const name = FAULT_NAMES.find(known => values[known] !== undefined) as FaultName
  const parameters = assignments(values[name] as Values, FAULTS[name].parameters).join(',')
  return [parameters === '' ? name : `${name}:${parameters}`, ...assignments(values, RULE_OPTIONS)].join('; ')
}

/** A group as the option `network` takes it. */
export const networkText = (values: Values | string): string =>
  typeof values === 'string'
    ? values
    : [assignments(values, NETWORK_OPTIONS).join(','), ...assignments(values, GROUP_OPTIONS)].join('; ')
