import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** Options for a test that needs curl: skipped, with the reason, where it is not installed or has no NTLM; in CI it must be there. */
export const needsCurl = (feature?: 'NTLM'): { skip?: string } => {
  const { error, stdout } = spawnSync('curl', ['--version'], { encoding: 'utf8' })
  if (error && process.env.CI === 'true') throw new Error('curl must be installed in CI')
  if (error) return { skip: 'curl is not installed' }
  return feature && !stdout.includes(` ${feature}`) ? { skip: `this curl was built without ${feature}` } : {}
}

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs a program beside this one, which may serve it meanwhile. */
export const run = async ([program, ...args]: readonly [string, ...string[]], cwd: string): Promise<Ran> => {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}
