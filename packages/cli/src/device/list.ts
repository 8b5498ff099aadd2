import { command, JSON_OPTION } from '../command.ts'
import { countedOrNo } from '../counted.ts'
import { note, print } from '../io.ts'
import { plain, screenTable } from '../screen-table.ts'
import { FILTER_OPTIONS, STORE_OPTIONS } from './options.ts'
import { openStore } from './store.ts'
import { type DeviceView, viewOf } from './view.ts'

const HEAD = ['NAME', 'OPERATION', 'AUTH', 'KEY', 'STATUS', 'LSC UNTIL', 'COMPLETES BY'] as const
const STATUS_COLUMN = HEAD.indexOf('STATUS')

const authWords = ({ auth, authStringSet }: DeviceView) => (auth === 'string' ? `string (${authStringSet ? 'set' : '–'})` : auth)

const cells = (view: DeviceView): string[] => [
  plain(view.name),
  view.operation,
  authWords(view),
  view.key,
  `${view.status} ${view.statusText}`,
  view.lsc?.notAfter.slice(0, 10) ?? '',
  view.completesBy ?? '',
]

/** The filter of a command line as the store takes it. */
export const filterOf = (words: { like: string | undefined; operation: string | undefined; status: string | undefined }) => ({
  ...(words.like === undefined ? {} : { like: words.like }),
  ...(words.operation === undefined ? {} : { operation: words.operation as DeviceView['operation'] }),
  ...(words.status === undefined ? {} : { status: Number(words.status) }),
})

export const list = command({
  name: 'list',
  doc: 'Show the devices of a store',
  details: 'STATUS is the Certificate Operation Status of CUCM. Authentication strings are never shown.',
  examples: [["device list --like 'SEP0011%' --operation install", 'Whose LSC is still pending']],
  options: { ...STORE_OPTIONS, ...FILTER_OPTIONS, ...JSON_OPTION },
  async run({ options, io }) {
    await using store = openStore(options, { mustExist: true })
    const rows: string[][] = []
    for await (const device of store.list(filterOf(options)))
      if (options.json) print(io, JSON.stringify(viewOf(device)))
      else rows.push(cells(viewOf(device)))
    if (options.json) return undefined
    if (rows.length > 0) print(io, screenTable(io, { head: HEAD, rows, flexible: STATUS_COLUMN }))
    note(io, countedOrNo(rows.length, 'device'))
    return undefined
  },
})
