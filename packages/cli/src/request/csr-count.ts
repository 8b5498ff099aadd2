import { command, JSON_OPTION } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { print } from '../io.ts'
import { LIKE_OPTION } from './chosen.ts'
import { filterOf } from './csr-list.ts'
import { CSR_STATES } from './view.ts'

export const count = command({
  name: 'count',
  doc: 'Count the certificate requests of a store',
  examples: [['csr count --json', 'How many there are in each state']],
  options: { ...STORE_OPTIONS, ...LIKE_OPTION, ...JSON_OPTION },
  async run({ options, io }) {
    await using store = openStore(options, { mustExist: true })
    const counts = await Promise.all(
      CSR_STATES.map(async state => [state, await store.requests.count({ ...filterOf(options), states: [state] })] as const),
    )
    if (options.json) print(io, JSON.stringify({ version: 1, ...Object.fromEntries(counts) }))
    else for (const [state, found] of counts) print(io, `${state.padEnd(12)}${found}`)
    return undefined
  },
})
