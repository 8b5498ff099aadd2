import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Recorded lists and signed files, and the certificates with keys that they were built from. */
export const FOLDER = new URL('../../../test-vectors/tlv/', import.meta.url).pathname
export const recordedFile = (name: string): string => join(FOLDER, 'sha1', name)
export const pemFile = (name: string): string => join(FOLDER, `${name}.pem`)

/** Within the dates of every recorded certificate. */
export const AT = '2026-11-22'

/** One block a header or record, as the tool that built the files prints it. */
export const parsedByOthers = (name: string): Record<string, string>[] =>
  readFileSync(recordedFile(`${name}.parse.txt`), 'utf8')
    .split('\n\n')
    .map(block => Object.fromEntries([...block.matchAll(/^([A-Z][A-Za-z ]+):\s+(.*)$/gm)].map(([, key, value]) => [key, value])))
    .filter(block => Object.keys(block).length > 0)

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined
if (!hasOpenssl && process.env.CI === 'true') throw new Error('openssl must be installed in CI')

/** For a test that asks openssl: skipped, with the reason, where it is not installed. */
export const NEEDS_OPENSSL = hasOpenssl ? {} : { skip: 'openssl is not installed' }

/** What openssl says. @throws with its words when it fails. */
export const openssl = (args: readonly string[], input?: Buffer): Buffer => {
  const { status, stdout, stderr } = spawnSync('openssl', args, input ? { input } : {})
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`)
  return stdout
}
