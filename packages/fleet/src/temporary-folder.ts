import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type TemporaryFolder = AsyncDisposable & { readonly path: string }

/** A folder for keys and store of one run: gone with it, and also where the program is made to exit in the middle of it. */
export const newTemporaryFolder = async (): Promise<TemporaryFolder> => {
  const path = await mkdtemp(join(tmpdir(), 'capf-fleet-'))
  // Processes of the run that have yet to notice may make a file in it meanwhile.
  const atExit = () => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 })
  process.once('exit', atExit)
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', atExit)
      await rm(path, { recursive: true, force: true })
    },
  }
}
