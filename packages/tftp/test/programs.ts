import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Other people's clients, by what they answer to when asked whether they are there. */
const PROGRAMS = { curl: ['--version'], tftp: ['-V'] } as const
export type Program = keyof typeof PROGRAMS

/** Runs a program to its end, beside the server of the test. */
export const run = async (
  [program, ...args]: readonly [Program, ...string[]],
  cwd: string,
): Promise<{ code: number; said: string }> => {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'close')
  return { code, said: (await said).join('') }
}

/** Options for a test that needs a program: skipped, with the reason, where it is not installed; in CI it must be there. */
export const needs = (program: Program): { skip?: string } => {
  const missing = spawnSync(program, PROGRAMS[program]).error !== undefined
  if (missing && process.env.CI === 'true') throw new Error(`${program} must be installed in CI`)
  return missing ? { skip: `${program} is not installed` } : {}
}
