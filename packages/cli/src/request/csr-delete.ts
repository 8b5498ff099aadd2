import { command } from '../command.ts'
import { countedOrNo } from '../counted.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { print } from '../io.ts'
import { ALL_OPTION, chosen } from './chosen.ts'
import { CSR_STATES } from './view.ts'

export const remove = command({
  name: 'delete',
  doc: 'Forget certificate requests',
  details: 'The orders stay: a phone whose request is gone makes another key when it comes next.',
  examples: [['csr delete SEP001122334455', 'Have one phone begin anew']],
  words: { names: { doc: 'Device names.', many: true, optional: true } },
  options: { ...STORE_OPTIONS, ...ALL_OPTION },
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    const found = await chosen(store.requests, { names: words.names, all: options.all, states: CSR_STATES })
    for (const { id } of found) await store.requests.remove(id)
    print(io, `deleted ${countedOrNo(found.length, 'certificate request')}`)
    return undefined
  },
})
