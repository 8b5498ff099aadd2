import { spawnSync } from 'node:child_process'

/** Other people's software that must agree with us. */
export type Program = 'openssl' | 'pki'

/** Runs a program to its end and gives what it printed. A failure is the test's failure, with the program's own words. */
export const run = (command: readonly [Program, ...string[]], input?: string | Buffer): Buffer => {
  const [program, ...args] = command
  const { status, stdout, stderr } = spawnSync(program, args, input === undefined ? {} : { input })
  if (status !== 0) throw new Error(`${command.join(' ')} exited with ${status}: ${stdout}${stderr}`)
  return stdout
}

/** Options for a test that needs a program: skipped, with the reason, where it is not installed; in CI it must be there. */
export const needs = (program: Program): { skip?: string } => {
  const missing = spawnSync(program, [program === 'openssl' ? 'version' : '--help']).error !== undefined
  if (missing && process.env.CI === 'true') throw new Error(`${program} must be installed in CI`)
  return missing ? { skip: `${program} is not installed` } : {}
}
