import { stat } from 'node:fs/promises'
import { formatKeySpec, openKeyPool, POOL_VERSION } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { print } from '../io.ts'

export const show = command({
  name: 'show',
  doc: 'Say what is in a key pool',
  examples: [['keys show rsa-2048.pool', 'Kind and number of the keys']],
  words: { file: { doc: 'A file that capf keys generate made.' } },
  options: JSON_OPTION,
  async run({ options, words: { file }, io }) {
    await using pool = await openKeyPool(file)
    // The last key is there and well formed: the file is whole.
    await pool.read(pool.count - 1)
    const { size } = await stat(file)
    const facts = { key: formatKeySpec(pool.spec), count: pool.count, formatVersion: POOL_VERSION, bytes: size }
    if (options.json) print(io, JSON.stringify({ version: 1, file, ...facts }))
    else print(io, `${file}: ${facts.count} ${facts.key} keys, format version ${facts.formatVersion}, ${facts.bytes} bytes`)
    return undefined
  },
})
