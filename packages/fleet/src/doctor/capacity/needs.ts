import { count, megabytes } from '../check.ts'
import { figure } from './figures.ts'

/** What a plan asks for at its fullest. */
export type Load = {
  /** Sessions that start a second, as far as they are not held back. */
  perSecond: number
  atOnce: number
  /** Sessions of the whole plan; `undefined` where that depends on the server. */
  sessions: number | undefined
  phones: number
  /** The shortest time that the plan can take; `undefined` where the table of models says how long phones take. */
  leastMs: number | undefined
  /** The devices stand in PostgreSQL. */
  isDatabase: boolean
  /** The fleet orders each operation. */
  orders: boolean
}

type Need = {
  readonly doc: string
  /** How it is computed, in words. */
  readonly how: string
  /** `undefined` where the plan has no need of it. */
  of(load: Load): number | undefined
  /** The figure as a person reads it. */
  say(value: number): string
}

const cores = (value: number) => `${value < 10 ? value.toFixed(1) : count(Math.ceil(value))} core${value === 1 ? '' : 's'}`
/** In the largest unit of which there are two at least. */
const time = (ms: number) => {
  if (!Number.isFinite(ms)) return 'as long as phones of these models take for their keys'
  const [unit, divisor] = (
    [
      ['h', 3_600_000],
      ['min', 60_000],
    ] as const
  ).find(([, one]) => ms >= 2 * one) ?? ['s', 1_000]
  return `${(ms / divisor).toFixed(unit === 's' ? 0 : 1)} ${unit}`
}
const usable = (cpuMs: number, { perSecond }: Load) => (perSecond * cpuMs) / 1000 / figure('usableShare')
const processes = (needed: number) => Math.max(1, Math.ceil(needed))
const serverCores = (load: Load) => usable(figure(load.isDatabase ? 'serverDatabaseCpuMs' : 'serverCpuMs'), load)
const clientCores = (load: Load) => usable(figure('clientCpuMs'), load)
const memory = (load: Load, needed: number) => processes(needed) * figure('processBytes') + load.atOnce * figure('connectionBytes')
const onDatabase =
  (of: (load: Load) => number) =>
  (load: Load): number | undefined =>
    load.isDatabase ? of(load) : undefined

/** What a plan needs, a row each: the calculator, `capf doctor --plan`, and the page about sizes. */
export const NEEDS = {
  duration: {
    doc: 'shortest time of the plan',
    how: 'phases one after the other; what a session takes beyond them is the key and, where the server keeps up, about a second',
    of: ({ leastMs = Number.POSITIVE_INFINITY }) => leastMs,
    say: time,
  },
  serverCores: {
    doc: 'cores of all servers together',
    how: 'sessions/s x CPU of the server for an enrolment / usable share of a core',
    of: serverCores,
    say: cores,
  },
  serverMemory: {
    doc: 'memory of all servers together',
    how: 'a process a core, and sessions at once x memory of a connection',
    of: load => memory(load, serverCores(load)),
    say: megabytes,
  },
  serverConnections: {
    doc: 'connections at once of all servers together (--max-connections, and open files of a process)',
    how: 'sessions at once',
    of: ({ atOnce }) => atOnce,
    say: count,
  },
  storeWrites: {
    doc: 'writing transactions a second in the device store',
    how: 'sessions/s x writes of an enrolment, and one more where the fleet orders it',
    of: ({ perSecond, orders }) => perSecond * (figure('databaseWrites') + (orders ? figure('orderWrites') : 0)),
    say: value => `${count(Math.ceil(value))}/s`,
  },
  storeBytes: {
    doc: 'room in the device store',
    how: 'phones x a device with its certificate',
    of: ({ phones }) => phones * figure('deviceBytes'),
    say: megabytes,
  },
  databaseCores: {
    doc: 'cores of PostgreSQL',
    how: 'sessions/s x CPU of PostgreSQL for an enrolment / usable share of a core',
    of: onDatabase(load => usable(figure('databaseCpuMs'), load)),
    say: cores,
  },
  databaseLog: {
    doc: 'write-ahead log of PostgreSQL',
    how: 'sessions/s x log of an enrolment',
    of: onDatabase(({ perSecond }) => perSecond * figure('logBytes')),
    say: value => `${(value / 1e6).toFixed(1)} MB/s`,
  },
  databaseConnections: {
    doc: 'connections to PostgreSQL (max_connections), at --store-connections 10',
    how: 'ten for each process of the servers',
    of: onDatabase(load => 10 * processes(serverCores(load))),
    say: count,
  },
  clientCores: {
    doc: 'cores of all machines of the fleet together',
    how: 'sessions/s x CPU of the fleet for an enrolment / usable share of a core',
    of: clientCores,
    say: cores,
  },
  clientMemory: {
    doc: 'memory of all machines of the fleet together',
    how: 'a process a core, and sessions at once x memory of a connection',
    of: load => memory(load, clientCores(load)),
    say: megabytes,
  },
  sourceAddresses: {
    doc: 'addresses that phones connect from',
    how: 'sessions at once / ports of an address',
    of: ({ atOnce }) => Math.ceil(atOnce / figure('portsPerAddress')),
    say: count,
  },
} as const satisfies Record<string, Need>

export type NeedName = keyof typeof NEEDS

/** `needed` in the unit of the row, `said` as a person reads it. JSON has no infinity: then only `said` is there. */
export type NeedResult = { name: NeedName; needed?: number; said: string }

/** What such a load needs, in the order of the table. */
export const needsOf = (load: Load): NeedResult[] =>
  Object.entries<Need>(NEEDS).flatMap(([name, { of, say }]): NeedResult[] => {
    const needed = of(load)
    if (needed === undefined) return []
    return [{ name: name as NeedName, ...(Number.isFinite(needed) ? { needed } : {}), said: say(needed) }]
  })
