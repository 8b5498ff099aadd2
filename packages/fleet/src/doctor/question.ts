import { int, type OptionsOf, optionalText } from '@capfkit/codec/options'
import { ADDRESS, type Address, parseAddress } from '@capfkit/listen'
import { isLoopback } from '../loopback.ts'
import { serverProcesses } from '../processes.ts'
import { parseSourceAddresses, SOURCE_ADDRESSES, type SourceAddresses } from '../source-addresses.ts'

/** What a run is to be like, as far as it asks something of the machine. */
export const DOCTOR_OPTIONS = {
  phones: int({
    default: 1000,
    min: 1,
    max: 10_000_000,
    unit: 'phones',
    doc: 'Phones that are connected at once at the worst moment: all of them, where they wait for their keys.',
  }),
  rate: int({
    default: 0,
    min: 0,
    max: 1_000_000,
    unit: 'sessions/s',
    doc: 'Sessions that start a second. 0: as fast as they go.',
  }),
  target: optionalText({ ...ADDRESS, doc: 'The CAPF server to load. Without it, a server on this machine.' }),
  keyPool: optionalText({ doc: 'Key pool file of the run.' }),
  sourceAddresses: optionalText({
    ...SOURCE_ADDRESSES,
    doc: 'Addresses of this machine that the phones connect from in turn. Without them, the one that the route gives.',
  }),
  out: optionalText({ doc: 'Folder for the files of the run.' }),
} as const

export type DoctorOptions = OptionsOf<typeof DOCTOR_OPTIONS>

/** The same in the terms that the checks judge by. */
export type Question = {
  /** Connected at once at the worst moment. */
  phones: number
  /** Sessions a second; 0 when no rate is asked for. */
  rate: number
  target: Address | undefined
  /** Server and phones share this machine. */
  isLocal: boolean
  /** Processes that the phones, and the connections of a local server, are spread over. */
  clientProcesses: number
  serverProcesses: number
  keyPool: string | undefined
  sourceAddresses: SourceAddresses
  out: string | undefined
}

/** As a fleet would run on so many cores: half of them are the server's where it is on the same machine. */
export const questionOf = (options: DoctorOptions, cores: number): Question => {
  const { phones, rate, keyPool, sourceAddresses, out } = options
  const target = options.target === undefined ? undefined : parseAddress(options.target)
  const isLocal = target === undefined || isLoopback(target.host)
  const servers = isLocal ? serverProcesses({ serverWorkers: 0 }, cores) : 0
  const clients = Math.max(1, cores - servers)
  return {
    ...{ phones, rate, target, isLocal, keyPool, out },
    clientProcesses: clients,
    serverProcesses: servers,
    sourceAddresses: parseSourceAddresses(sourceAddresses),
  }
}
