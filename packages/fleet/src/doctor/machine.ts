import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { access, constants, statfs } from 'node:fs/promises'
import { connect as tcpConnect } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Address } from '@capfkit/listen'
import { formatKeySpec, openKeyPool } from '@capfkit/pki'
import { type Handshake, inMemoryHandshakes } from './handshake.ts'
import { LINUX_FACTS, type LinuxFacts } from './linux.ts'
import { type Limit, openFiles } from './open-files.ts'
import { whyNotFrom } from './why-not-from.ts'

/**
 * What a doctor can ask a machine; a test asks another one. `undefined`: this system does not say. Nothing here changes anything.
 */
export type Machine = LinuxFacts & {
  versions: { node: string; openssl: string; sqlite: string | undefined }
  cores: number
  temporaryFolder: string
  /** Processes that wanted a core, on average over the last minute. */
  load(): number | undefined
  /** Open files of one process; sockets are files. */
  openFiles(): Limit | undefined
  availableMemoryBytes(): number
  wallMs(): number
  monotonicMs(): number
  wait(ms: number, signal: AbortSignal): Promise<unknown>
  drawRandom(bytes: number): void
  handshake: Handshake
  /** The folder, or the nearest one above it that exists. */
  disk(folder: string): Promise<{ folder: string; freeBytes: number; isWritable: boolean }>
  /** Why no connection can start from this address; `undefined` when one can. */
  whyNotFrom(address: string): Promise<string | undefined>
  /** The address that a name stands for. @throws what the resolver says. */
  resolve(host: string): Promise<string>
  /** Milliseconds until TCP was connected. @throws what the network says. */
  connect(target: Address, signal: AbortSignal): Promise<number>
  /** @throws {PkiError} */
  keyPool(file: string): Promise<{ kind: string; count: number }>
}

const disk: Machine['disk'] = async folder => {
  const path = resolve(folder)
  try {
    const { bavail, bsize } = await statfs(path)
    const isWritable = await access(path, constants.W_OK).then(
      () => true,
      () => false,
    )
    return { folder: path, freeBytes: bavail * bsize, isWritable }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return disk(dirname(path))
  }
}

const connect: Machine['connect'] = ({ host, port }, signal) =>
  new Promise((done, fail) => {
    const startedMs = performance.now()
    const socket = tcpConnect({ host, port, signal })
    socket.once('error', error => fail(signal.aborted ? signal.reason : error))
    socket.once('connect', () => {
      done(performance.now() - startedMs)
      socket.destroy()
    })
  })

const keyPool: Machine['keyPool'] = async file => {
  await using pool = await openKeyPool(file)
  return { kind: formatKeySpec(pool.spec), count: pool.count }
}

/** The machine that this runs on. */
export const thisMachine = (): Machine => ({
  ...LINUX_FACTS,
  versions: { node: process.versions.node, openssl: process.versions.openssl ?? '0', sqlite: process.versions.sqlite },
  cores: availableParallelism(),
  temporaryFolder: tmpdir(),
  // Windows has no such figure, and Node says 0.
  load: () => (process.platform === 'win32' ? undefined : loadavg()[0]),
  openFiles,
  availableMemoryBytes: () => process.availableMemory(),
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  wait: (ms, signal) => wait(ms, undefined, { signal }),
  drawRandom: bytes => void randomBytes(bytes),
  handshake: inMemoryHandshakes(),
  disk,
  whyNotFrom,
  resolve: async host => (await lookup(host)).address,
  connect,
  keyPool,
})
