import { command } from '../command.ts'
import { countedOrNo } from '../counted.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { print } from '../io.ts'
import { ALL_OPTION, chosen } from './chosen.ts'

export const remove = command({
  name: 'delete',
  doc: 'Forget stale LSCs',
  details: 'The CA still counts them as issued: revoke them there.',
  examples: [['stale-lsc delete --all', 'All of them']],
  words: { names: { doc: 'Device names.', many: true, optional: true } },
  options: { ...STORE_OPTIONS, ...ALL_OPTION },
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    const found = await chosen(store.requests, { names: words.names, all: options.all, states: ['stale'] })
    for (const { id } of found) await store.requests.remove(id)
    print(io, `deleted ${countedOrNo(found.length, 'stale LSC')}`)
    return undefined
  },
})
