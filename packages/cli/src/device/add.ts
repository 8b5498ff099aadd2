import { int } from '@capfkit/codec/options'
import type { NewDevice } from '@capfkit/server'
import { command, JSON_OPTION } from '../command.ts'
import { MistakesError } from '../errors.ts'
import { print } from '../io.ts'
import { GENERATE } from './auth-string.ts'
import { changeOf, warnAbout } from './change.ts'
import { formatKeyOrder } from './key-order.ts'
import { checkNames, namesFrom } from './names.ts'
import { NEW_DEVICE_OPTIONS, STORE_OPTIONS } from './options.ts'
import { getAll, openStore } from './store.ts'

export const add = command({
  name: 'add',
  doc: 'Add devices to a store, which is made when it is missing',
  examples: [
    [
      'device add SEP001122334455 --operation install --auth-string generate',
      'Order an LSC; the phone shows a string that is printed here',
    ],
    ['device add SEP001122330000 --count 100 --operation install --key ec:p256', 'A hundred devices with EC keys'],
  ],
  words: { names: { doc: 'Device names, such as SEP001122334455.', many: true } },
  options: {
    ...STORE_OPTIONS,
    ...NEW_DEVICE_OPTIONS,
    count: int({
      default: 1,
      min: 1,
      max: 1_000_000,
      unit: 'devices',
      doc: 'So many devices, counting up from the MAC address of the one name.',
    }),
    ...JSON_OPTION,
  },
  async run({ options, words, io }) {
    if (options.count > 1 && words.names.length > 1)
      throw new MistakesError([`--count goes with one name, not with ${words.names.length} (CLI_USAGE)`])
    const [first = ''] = words.names
    const names = checkNames(options.count > 1 ? namesFrom(first, options.count) : words.names)
    const devices: NewDevice[] = names.map(name => ({ name, ...changeOf(options) }))
    await using store = openStore(options, { mustExist: false })
    await store.add(devices)
    const [sample] = await getAll(store, names.slice(0, 1))
    if (!sample) return undefined
    const { operation, authMode } = sample
    const key = formatKeyOrder(sample)
    const isGenerated = options.authString === GENERATE
    for (const { name, authString } of options.json || isGenerated ? devices : []) {
      if (!options.json) print(io, `${name}  ${authString}`)
      else print(io, JSON.stringify({ name, operation, auth: authMode, key, ...(isGenerated ? { authString } : {}) }))
    }
    if (!options.json) {
      const what = names.length === 1 ? names[0] : `${names.length} devices, ${names[0]} to ${names.at(-1)}`
      const line = `added ${what}: operation ${operation}, authentication ${authMode}, key ${key}`
      // Beside a list of strings, which a script may read, this is a note.
      if (isGenerated) io.stderr.write(`${line}\n`)
      else print(io, line)
    }
    warnAbout(io, [sample])
    return undefined
  },
})
