import { DocumentError } from '@capfkit/codec/options'
import { FLEET_OPTIONS, type FleetOptions, type ReadPlan, readPlan } from '@capfkit/fleet'
import { MistakesError } from '../errors.ts'
import { readInput } from '../files.ts'
import { flagName } from '../frame/names.ts'
import type { Io } from '../io.ts'

const MAX_BYTES = 1_048_576

/** Of the options of a command those of the fleet that somebody stated: they go before the plan. */
export const statedOptions = (options: FleetOptions, given: ReadonlySet<string>): Partial<FleetOptions> =>
  Object.fromEntries(
    Object.keys(FLEET_OPTIONS).flatMap(name => (given.has(name) ? [[name, options[name as keyof FleetOptions]]] : [])),
  )

/**
 * Read a plan file, or stdin for `-`.
 *
 * @throws {MistakesError} a line for each mistake: `FILE:LINE:COLUMN: sentence (CODE)`.
 */
export const loadPlan = async (file: string, { io, first = {} }: { io: Io; first?: Partial<FleetOptions> }): Promise<ReadPlan> => {
  const text = (await readInput(file, { io, maxBytes: MAX_BYTES })).toString('utf8')
  try {
    return readPlan(text, { first })
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    throw new MistakesError(
      error.problems.map(({ line, column, path, sentence, code }) => {
        const isFlag = Object.hasOwn(first, path) && sentence.startsWith(path)
        const words = isFlag ? `--${flagName(path)}${sentence.slice(path.length)}` : `${file}:${line}:${column}: ${sentence}`
        return `${words} (${code})`
      }),
    )
  }
}
