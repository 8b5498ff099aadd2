import { command, JSON_OPTION } from '../command.ts'
import { countedOrNo } from '../counted.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { note, print } from '../io.ts'
import { plain, screenTable } from '../screen-table.ts'
import { LIKE_OPTION } from './chosen.ts'
import { filterOf } from './csr-list.ts'
import { staleViewOf } from './view.ts'

const HEAD = ['DEVICE', 'REQUESTED', 'SERIAL', 'UNTIL', 'ISSUER'] as const

export const list = command({
  name: 'list',
  doc: 'Show the stale LSCs of a store',
  details: 'A stale LSC is a certificate for a request that a newer one, or another order, has superseded: no phone has its key.',
  examples: [['stale-lsc list --json', 'What the CA might revoke']],
  options: { ...STORE_OPTIONS, ...LIKE_OPTION, ...JSON_OPTION },
  async run({ options, io }) {
    await using store = openStore(options, { mustExist: true })
    const rows: string[][] = []
    for await (const request of store.requests.list({ ...filterOf(options), states: ['stale'] })) {
      const view = staleViewOf(request)
      if (options.json) print(io, JSON.stringify(view))
      else rows.push([plain(view.device), view.requested.slice(0, 19), view.serial, view.notAfter.slice(0, 10), plain(view.issuer)])
    }
    if (options.json) return undefined
    if (rows.length > 0) print(io, screenTable(io, { head: HEAD, rows, flexible: HEAD.indexOf('ISSUER') }))
    note(io, countedOrNo(rows.length, 'stale LSC'))
    return undefined
  },
})
