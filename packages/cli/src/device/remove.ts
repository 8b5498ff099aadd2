import { command } from '../command.ts'
import { print } from '../io.ts'
import { STORE_OPTIONS } from './options.ts'
import { getAll, openStore } from './store.ts'

export const remove = command({
  name: 'remove',
  doc: 'Forget devices and what is known of their LSCs',
  details: 'The phones keep their LSCs; order --operation delete first to have them deleted.',
  examples: [['device remove SEP001122334455', 'Forget one device']],
  words: { names: { doc: 'Device names.', many: true } },
  options: STORE_OPTIONS,
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    await getAll(store, words.names)
    for (const name of words.names) await store.remove(name)
    print(io, words.names.length === 1 ? `removed ${words.names[0]}` : `removed ${words.names.length} devices`)
    return undefined
  },
})
