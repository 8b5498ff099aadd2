import { existsSync } from 'node:fs'
import { OptionError, type OptionProblem, parseOptions } from '@capfkit/codec/options'
import { isDatabase } from '@capfkit/server'
import { readCsvPhones } from './csv-phones.ts'
import { readJsonlPhones } from './data/jsonl-phones.ts'
import { parseFaultRule } from './disturbance/fault-rule.ts'
import { parseNetworkGroup } from './disturbance/network-group.ts'
import { MIX } from './mix.ts'
import { FLEET_OPTIONS, type FleetOptions } from './options.ts'
import { parseRounds } from './rounds.ts'
import { parseSourceAddresses } from './source-addresses.ts'
import { parseThreshold } from './thresholds/threshold.ts'

type Name = keyof FleetOptions

/** The second of each says nothing beside the first. */
export const EXCLUSIVE: readonly (readonly [Name, Name])[] = [
  ['embedded', 'server'],
  ['embedded', 'store'],
  ['csv', 'jsonl'],
  ['csv', 'storePhones'],
  ['jsonl', 'storePhones'],
  ['embedded', 'capfCertificate'],
  ['realKeygen', 'keyPool'],
  ['embedded', 'bootServer'],
]

const isGiven = (value: unknown) => value !== undefined && value !== false

const wrong = (name: Name, sentence: string) =>
  new OptionError([{ code: 'CONFIG_OUT_OF_RANGE', name, sentence: `${name} ${sentence}` }])

const checkServer = ({ server }: FleetOptions) => {
  const port = Number(server?.slice(server.lastIndexOf(':') + 1) ?? 1)
  if (port < 1 || port > 65_535) throw wrong('server', `must name a port of 1..65535, got ${JSON.stringify(server)}`)
}

/** The fleet orders in the store that the server reads: one that it would have to make is not that one. */
const checkStore = ({ store }: FleetOptions) => {
  if (store === 'memory:') throw wrong('store', 'must be sqlite:FILE or postgres://…: what is in the memory of a server is its own')
  const file = store?.replace(/^sqlite:/, '')
  if (file !== undefined && !isDatabase(file) && !existsSync(file))
    throw wrong('store', `${store} is not there: name the store of the running server`)
}

const checkCsv = ({ csv }: FleetOptions) => {
  if (csv !== undefined) readCsvPhones(csv)
}

const checkJsonl = ({ jsonl }: FleetOptions) => {
  if (jsonl !== undefined) readJsonlPhones(jsonl)
}

const checkStorePhones = ({ storePhones, store }: FleetOptions) => {
  if (storePhones && store === undefined) throw wrong('storePhones', 'needs store: the device store that has the phones')
}

/** Phones that boot must be told where. */
const checkBoot = ({ boot, bootServer, embedded }: FleetOptions) => {
  if (boot !== '0%' && !embedded && bootServer === undefined)
    throw wrong('bootServer', 'is needed with --boot: the file server of the cluster, or --embedded')
}

/** Each by itself: one that is wrong hides none of the others. */
const checkEach =
  (name: 'threshold' | 'fault' | 'network', parse: (text: string) => unknown) =>
  ({ [name]: texts }: FleetOptions): void => {
    const problems = texts.flatMap((text): OptionProblem[] => {
      try {
        parse(text)
        return []
      } catch (error) {
        const which = `${name} ${JSON.stringify(text)}`
        if (error instanceof OptionError)
          return error.problems.map(({ code, sentence }) => ({ code, name, sentence: `${which} is wrong: ${sentence}` }))
        return [{ code: 'CONFIG_OUT_OF_RANGE', name, sentence: `${name} ${error instanceof Error ? error.message : error}` }]
      }
    })
    if (problems.length > 0) throw new OptionError(problems)
  }

const checkExclusive = (options: FleetOptions) => {
  const problems = EXCLUSIVE.flatMap(([name, other]): OptionProblem[] => {
    const both = isGiven(options[name]) && isGiven(options[other])
    return both ? [{ code: 'CONFIG_OUT_OF_RANGE', name: other, sentence: `${other} and ${name} exclude each other` }] : []
  })
  if (problems.length > 0) throw new OptionError(problems)
}

/** What the table of options cannot see. */
const CHECKS: readonly ((options: FleetOptions) => unknown)[] = [
  MIX.auth,
  MIX.models,
  MIX.keys,
  ({ rounds }) => parseRounds(rounds),
  ({ sourceAddresses }) => parseSourceAddresses(sourceAddresses),
  checkServer,
  checkStore,
  checkCsv,
  checkJsonl,
  checkStorePhones,
  checkBoot,
  checkEach('threshold', parseThreshold),
  checkEach('fault', parseFaultRule),
  checkEach('network', parseNetworkGroup),
  checkExclusive,
]

/** Check everything that can be checked before anything starts. @throws {OptionError} that lists every mistake at once. */
export const checkFleetOptions = (given: Partial<FleetOptions>): FleetOptions => {
  const problems: OptionProblem[] = []
  const collect = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      problems.push(...error.problems)
      return undefined
    }
  }
  const parsed = collect(() => parseOptions(FLEET_OPTIONS, given))
  const bad = new Set(problems.map(({ name }) => name))
  const options =
    parsed ?? parseOptions(FLEET_OPTIONS, Object.fromEntries(Object.entries(given).filter(([name]) => !bad.has(name))))
  for (const check of CHECKS) collect(() => check(options))
  if (problems.length > 0) throw new OptionError(problems)
  return options
}
