import { spawnSync } from 'node:child_process'

/** Other people's software that must agree with us. */
export type Program = 'pki' | 'curl' | 'openssl'

const VERSIONS: Readonly<Record<Program, { args: string[]; says: RegExp }>> = {
  // An older one has no EST.
  pki: { args: ['--help'], says: /--est / },
  curl: { args: ['--version'], says: /https/ },
  openssl: { args: ['version'], says: /OpenSSL/ },
}

/** Options for a test that needs a program: skipped, with the reason, where it is not installed; in CI it must be there. */
export const needs = (program: Program): { skip?: string } => {
  const { args, says } = VERSIONS[program]
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  const isThere = says.test(`${stdout}${stderr}`)
  if (!isThere && process.env.CI === 'true') throw new Error(`${program} must be installed in CI`)
  return isThere ? {} : { skip: `${program} is not installed, or too old: nobody else's software was asked` }
}
