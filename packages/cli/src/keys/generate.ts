import { stat } from 'node:fs/promises'
import { int, oneOf, optionalText } from '@capfkit/codec/options'
import { formatKeySpec, generateKeyPool, keySpecs, parseKeySpec } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { CliError, MistakesError } from '../errors.ts'
import { Interruption } from '../interruption.ts'
import { print } from '../io.ts'
import { startProgress } from '../progress.ts'

/** The pool is renamed into place: what is there must be a file, not a device or a folder. */
const mustBeReplaceable = async (file: string) => {
  const there = await stat(file).catch(() => undefined)
  if (there && !there.isFile())
    throw new CliError('CLI_FILE_UNWRITABLE', { where: file, detail: 'this is not a regular file', remedy: 'name another one' })
}

export const generate = command({
  name: 'generate',
  doc: 'Make key pairs ahead of time',
  details:
    'Uses all cores. The file has mode 0600 and replaces an older one when the last key is in it; Ctrl-C leaves nothing behind.',
  examples: [['keys generate --count 1000 --key rsa:2048 --out rsa-2048.pool', 'Keys for a thousand phones']],
  options: {
    count: int({ default: 1000, min: 1, max: 10_000_000, unit: 'keys', doc: 'How many.' }),
    key: oneOf({ default: 'rsa:2048', values: keySpecs().map(formatKeySpec), doc: 'Which kind.' }),
    out: optionalText({ doc: 'File to write. Required.' }),
    ...JSON_OPTION,
  },
  async run({ options: { count, key, out, json }, io }) {
    if (out === undefined) throw new MistakesError(['--out FILE is missing (CLI_USAGE)'])
    await mustBeReplaceable(out)
    using interruption = new Interruption(io)
    const startedAt = performance.now()
    using progress = await startProgress(io, { what: `${key} keys`, total: count })
    await generateKeyPool({
      file: out,
      spec: parseKeySpec(key),
      count,
      signal: interruption.signal,
      onProgress: done => progress.show(done),
    })
    progress.end()
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10
    if (json) print(io, JSON.stringify({ version: 1, file: out, key, count, seconds }))
    else print(io, `wrote ${count} ${key} keys to ${out} in ${seconds} s`)
    return undefined
  },
})
