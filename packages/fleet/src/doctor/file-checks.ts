import { type Check, check, count, type Judgement, judgeRoom, megabytes } from './check.ts'
import type { Machine } from './machine.ts'

/** What a run may write before it starts, and what a device adds to the SQLite store of an embedded server. */
const STORE_BYTES = { base: 50_000_000, device: 1_500 } as const
/** What the files of a run take: the bytes of failed operations, and the record of each operation. */
const OUT_BYTES = { base: 20_000_000, operation: 150 } as const

type Disk = Awaited<ReturnType<Machine['disk']>>

/** A folder that is needed, or why there is none. */
const lookAt = (machine: Machine, folder: string): Promise<Disk | { why: string }> =>
  machine.disk(folder).catch((error: Error) => ({ why: error.message }))

const judgeDisk = (disk: Disk | { why: string }, needs: number): Judgement => {
  if ('why' in disk) return { verdict: 'problem', found: disk.why, needed: megabytes(needs) }
  const { folder, freeBytes, isWritable } = disk
  return {
    verdict: isWritable ? judgeRoom({ has: freeBytes, needs }) : 'problem',
    found: `${folder}: ${isWritable ? `${megabytes(freeBytes)} free` : 'not writable'}`,
    needed: `${megabytes(needs)}, writable`,
  }
}

const temporaryFolder = check({
  doc: 'room for the key pool of a run and the SQLite store of an embedded server',
  remedy: 'set TMPDIR to a folder with room that you may write to, on a local disk',
  look: machine => lookAt(machine, machine.temporaryFolder),
  judge: (disk, { phones }) => judgeDisk(disk, STORE_BYTES.base + phones * STORE_BYTES.device),
})

const out = check({
  doc: 'room for the files of the run (--out)',
  remedy: 'name a folder with room that you may write to',
  look: async (machine, { out }) => (out === undefined ? { said: 'none given: nothing is kept' } : lookAt(machine, out)),
  judge: (found, { phones }) =>
    'said' in found ? { verdict: 'ok', found: found.said } : judgeDisk(found, OUT_BYTES.base + phones * OUT_BYTES.operation),
})

const keyPool = check({
  doc: 'the key pool: there, readable by its owner alone, with enough keys',
  remedy: 'make one ahead: capf keys generate --count PHONES --key rsa:2048 --out FILE',
  look: async (machine, { keyPool }) => {
    if (keyPool === undefined) return { said: 'none given: a run makes some RSA-2048 keys and uses them again and again' }
    return await machine.keyPool(keyPool).catch((error: Error) => ({ why: error.message }))
  },
  judge: (found, { phones }) => {
    if ('said' in found) return { verdict: 'ok', found: found.said }
    if ('why' in found) return { verdict: 'problem', found: found.why, needed: 'a key pool' }
    const { kind, count: keys } = found
    const times = Math.ceil(phones / keys)
    return {
      verdict: times > 1 ? 'warning' : 'ok',
      found: `${count(keys)} ${kind} keys${times > 1 ? `: each is used up to ${times} times` : ''}`,
      needed: `${count(phones)}, for a key of its own for each phone`,
    }
  },
})

/** Files that a run reads and writes. */
export const FILE_CHECKS = { keyPool, temporaryFolder, out } as const satisfies Record<string, Check>
