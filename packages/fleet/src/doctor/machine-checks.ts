import { HEALTH_LIMITS } from '../health/limits.ts'
import { type Check, check, count, judgeRoom, megabytes } from './check.ts'

/** The oldest versions that have what is used: type stripping, `node:sqlite` and `await using` without flags. */
const OLDEST = { node: 24, openssl: 3 } as const
/** Of the cores; what else runs takes its time from the run. */
const MUCH_LOAD = 0.5
/** Files of a process that are not sockets of phones. */
const OWN_FILES = 64
/** A process before it has a phone, and what a connection adds on each side while its phone waits for a key (`pnpm bench`). */
const BYTES = { process: 100_000_000, phone: 50_000, connection: 50_000 } as const

const major = (version: string) => Number.parseInt(version, 10)

const versions = check({
  doc: 'Node, its OpenSSL and its SQLite',
  remedy: 'install Node 24 from nodejs.org, or use the one that the package brings',
  look: ({ versions }) => versions,
  judge: ({ node, openssl, sqlite }) => ({
    verdict: major(node) >= OLDEST.node && major(openssl) >= OLDEST.openssl && sqlite !== undefined ? 'ok' : 'problem',
    found: `Node ${node}, OpenSSL ${openssl}, ${sqlite === undefined ? 'no SQLite' : `SQLite ${sqlite}`}`,
    needed: `Node ${OLDEST.node}, OpenSSL ${OLDEST.openssl}, SQLite`,
  }),
})

const cores = check({
  doc: 'cores that this process may use',
  remedy: 'use a machine with two cores, or another one for the server: else the two slow each other down',
  look: ({ cores }) => cores,
  judge: (cores, { isLocal }) => ({
    verdict: isLocal && cores < 2 ? 'warning' : 'ok',
    found: count(cores),
    needed: isLocal ? '2, where server and phones share the machine' : '1',
  }),
})

const load = check({
  doc: 'what else wants the cores (load of the last minute)',
  remedy: 'end what else runs, or wait until it has ended: it takes its time from the phones',
  look: machine => machine.load(),
  judge: (load, { clientProcesses, serverProcesses }) => {
    const most = MUCH_LOAD * (clientProcesses + serverProcesses)
    return { verdict: load > most ? 'warning' : 'ok', found: load.toFixed(2), needed: `at most ${most.toFixed(1)}` }
  },
})

const openFiles = check({
  doc: 'open files of one process; every connection is one',
  remedy: 'raise the hard limit of the shell or the service (ulimit -Hn as root, LimitNOFILE= for systemd), or use fewer phones',
  beforeRun: true,
  look: machine => machine.openFiles(),
  judge: ({ soft, hard }, { phones, clientProcesses, serverProcesses }) => {
    const [needs] = [clientProcesses, serverProcesses]
      .filter(processes => processes > 0)
      .map(processes => Math.ceil(phones / processes) + OWN_FILES)
      .sort((a, b) => b - a) as [number]
    return {
      verdict: judgeRoom({ has: soft, needs, limit: HEALTH_LIMITS.openFiles }),
      found: `${count(soft)} (hard limit ${count(hard)})`,
      needed: `${count(needs)} in each process`,
      ...(soft < needs && needs <= hard ? { remedy: `run ulimit -n ${needs} in the same shell first` } : {}),
    }
  },
})

const memory = check({
  doc: 'memory for phones that wait for their keys, and for their connections in a local server',
  remedy: 'use fewer phones at once, or a machine with more memory: a swapping generator measures its disk',
  beforeRun: true,
  look: machine => machine.availableMemoryBytes(),
  judge: (has, { phones, isLocal, clientProcesses, serverProcesses }) => {
    const each = BYTES.phone + (isLocal ? BYTES.connection : 0)
    const needs = (clientProcesses + serverProcesses) * BYTES.process + phones * each
    return {
      verdict: judgeRoom({ has, needs, limit: HEALTH_LIMITS.memory }),
      found: `${megabytes(has)} available`,
      needed: megabytes(needs),
    }
  },
})

/** What the machine has of everything. */
export const MACHINE_CHECKS = { versions, cores, load, openFiles, memory } as const satisfies Record<string, Check>
