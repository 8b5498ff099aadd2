import { basename } from 'node:path'
import { MistakesError } from '../errors.ts'

/** What CUCM puts behind the name of a configuration file [TRUST-5]. */
export const SUFFIXES = { signed: '.sgn', encrypted: '.enc.sgn' } as const

export type Made = { readonly out: string; readonly fileName: string }

/** What is written, and the name in its header: that of the file itself, unless another is given. */
export const madeFrom = (
  file: string,
  given: { out?: string | undefined; fileName?: string | undefined; suffix: string },
): Made => {
  const { out = file === '-' ? '-' : `${file}${given.suffix}` } = given
  const name = out === '-' ? (file === '-' ? undefined : `${basename(file)}${given.suffix}`) : basename(out)
  const fileName = given.fileName ?? name
  if (fileName === undefined) throw new MistakesError(['--file-name NAME is missing: stdin has none (CLI_USAGE)'])
  return { out, fileName }
}

/** The name of the plain file. @throws {MistakesError} where the name of the encrypted one does not say. */
export const plainName = (file: string): string => {
  const name = file.endsWith(SUFFIXES.encrypted) ? file.slice(0, -SUFFIXES.encrypted.length) : ''
  if (basename(name) !== '') return name
  throw new MistakesError([`--out FILE is missing: ${file} does not end in ${SUFFIXES.encrypted} (CLI_USAGE)`])
}
