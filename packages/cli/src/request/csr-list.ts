import { command, JSON_OPTION } from '../command.ts'
import { countedOrNo } from '../counted.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { note, print } from '../io.ts'
import { plain, screenTable } from '../screen-table.ts'
import { LIKE_OPTION } from './chosen.ts'
import { CSR_STATES, csrViewOf } from './view.ts'

const HEAD = ['DEVICE', 'STATE', 'KEY', 'CREATED', 'SUBJECT'] as const

/** LIKE, where the command line has it. */
export const filterOf = ({ like }: { like: string | undefined }) => (like === undefined ? {} : { like })

export const list = command({
  name: 'list',
  doc: 'Show the certificate requests of a store',
  details:
    'A request waits for its certificate (waiting), has it and waits for the phone (issued), was not answered by the CA in time (unanswered), or gave way to a newer one or to another order (superseded).',
  examples: [["csr list --like 'SEP0011%'", 'Which phones wait for their certificate']],
  options: { ...STORE_OPTIONS, ...LIKE_OPTION, ...JSON_OPTION },
  async run({ options, io }) {
    await using store = openStore(options, { mustExist: true })
    const rows: string[][] = []
    for await (const request of store.requests.list({ ...filterOf(options), states: CSR_STATES })) {
      const view = csrViewOf(request)
      if (options.json) print(io, JSON.stringify(view))
      else rows.push([plain(view.device), view.state, view.key, view.created.slice(0, 19), plain(view.subject)])
    }
    if (options.json) return undefined
    if (rows.length > 0) print(io, screenTable(io, { head: HEAD, rows, flexible: HEAD.indexOf('SUBJECT') }))
    note(io, countedOrNo(rows.length, 'certificate request'))
    return undefined
  },
})
