import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/**
 * A folder and those above it, where they are missing, with this mode.
 *
 * Node's own `recursive` tries without end where a folder is there and nothing can be made in it, as below `/proc`.
 *
 * @throws the error of the operating system.
 */
export const makeFolder = async (folder: string, mode = 0o777): Promise<void> => {
  try {
    await mkdir(folder, { mode })
  } catch (error) {
    // What is there already, a link to a folder among it, is made again without a complaint.
    if (codeOf(error) === 'EEXIST') return mkdir(folder, { recursive: true }).then(() => undefined)
    const above = dirname(folder)
    if (codeOf(error) !== 'ENOENT' || above === folder) throw error
    await makeFolder(above, mode)
    await mkdir(folder, { mode })
  }
}
