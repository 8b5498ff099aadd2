import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CHUNKS = [1_048_576, 4_096]

/** A disk of a test's own that can be full: a file system in memory. */
export class SmallDisk implements Disposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /**
   * @param size  as mount has it, such as `256k`.
   * @returns a reason to skip where this machine mounts none. @throws that reason to root in CI, where it must.
   */
  static mount(size: string): SmallDisk | { skip: string } {
    const isRoot = process.getuid?.() === 0
    if (!isRoot) return { skip: 'only root may mount a small disk' }
    const folder = mkdtempSync(join(tmpdir(), 'capf-small-disk-'))
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { encoding: 'utf8' })
    if (status === 0) return new SmallDisk(folder)
    rmdirSync(folder)
    const skip = `this machine mounts no small disk: ${stderr?.trim()}`
    if (process.env.CI === 'true') throw new Error(skip)
    return { skip }
  }

  /** The user of PostgreSQL may write to it as well. */
  giveToPostgres(): void {
    execFileSync('chown', ['postgres', this.folder])
  }

  get #ballast(): string {
    return join(this.folder, 'ballast')
  }

  /** Not a byte is left. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (const bytes of CHUNKS) while (writes(file, Buffer.alloc(bytes)));
    } finally {
      closeSync(file)
    }
  }

  /** All that {@link SmallDisk.fill} has taken is free again. */
  makeRoom(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** It is gone, with all that is on it, also while somebody has files open there. */
  [Symbol.dispose](): void {
    spawnSync('umount', ['--lazy', this.folder])
    rmdirSync(this.folder)
  }
}

const writes = (file: number, bytes: Buffer): boolean => {
  try {
    return writeSync(file, bytes) > 0
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOSPC') return false
    throw cause
  }
}
