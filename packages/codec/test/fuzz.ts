import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { PROPERTIES, type Property, runProperty } from './properties.ts'

const USAGE = `fuzz: run the properties of the codec on random input

  --runs N   cases a property, default 100000
  --seed S   start of the random numbers, default random; the same seed gives the same cases
  --help     this text

Exit code: 0 all hold, 1 one does not (its counterexample is printed), 2 the command line is wrong
`

const MAX_SEED = 0x7fff_ffff

type FuzzRun = { runs: number; seed: number; properties: readonly Property[]; write: (words: string) => unknown }

class UsageError extends Error {}

const wholeNumber = (flag: string, range: { given: string; min: number; max: number }) => {
  const { given, min, max } = range
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`--${flag} must be a whole number in ${min}..${max}, got ${JSON.stringify(given)}`)
}

const readFlags = (args: readonly string[]) => {
  const options = { runs: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } } as const
  let given: { runs?: string; seed?: string; help?: boolean }
  try {
    given = parseArgs({ args: [...args], options, strict: true }).values
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message.split('. ')[0] : String(cause), { cause })
  }
  return {
    help: given.help ?? false,
    runs: wholeNumber('runs', { given: given.runs ?? '100000', min: 1, max: 1_000_000_000 }),
    seed: given.seed === undefined ? randomInt(MAX_SEED) : wholeNumber('seed', { given: given.seed, min: 0, max: MAX_SEED }),
  }
}

/** Run every property, also after one has failed, and say what came out. Returns the exit code. */
export const fuzz = ({ runs, seed, properties, write }: FuzzRun): 0 | 1 => {
  write(`seed ${seed}, ${runs} cases a property\n`)
  let [total, failures] = [0, 0]
  for (const property of properties) {
    const start = performance.now()
    const result = runProperty(property, { runs, seed })
    total += result.runs
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    write(
      `${result.failed ? 'FAILED' : 'held'}  ${String(result.runs).padStart(9)} cases ${seconds.padStart(6)} s  ${property.claim}\n`,
    )
    if (!result.failed) continue
    failures += 1
    write(`${result.report}\nAgain: pnpm fuzz --runs ${runs} --seed ${seed}\n`)
  }
  write(
    `${total} cases in total, ${failures === 0 ? 'every property held' : `${failures} of ${properties.length} properties failed`}\n`,
  )
  return failures === 0 ? 0 : 1
}

/** The command: read the flags, run, return the exit code. A wrong flag gets a sentence, not a stack. */
export const main = (args: readonly string[], out: { write: FuzzRun['write']; complain: FuzzRun['write'] }): 0 | 1 | 2 => {
  try {
    const { help, ...run } = readFlags(args)
    if (!help) return fuzz({ ...run, properties: PROPERTIES, write: out.write })
    out.write(USAGE)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    out.complain(`fuzz: ${error.message}. Try --help.\n`)
    return 2
  }
}

if (import.meta.main)
  process.exitCode = main(process.argv.slice(2), {
    write: words => process.stdout.write(words),
    complain: words => process.stderr.write(words),
  })
