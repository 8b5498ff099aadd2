import { flag } from '@capfkit/codec/options'
import { command, JSON_OPTION } from '../command.ts'
import { counted } from '../counted.ts'
import { CliError, MistakesError } from '../errors.ts'
import { EXIT } from '../exit-codes.ts'
import { readBytes } from '../files.ts'
import { note, print } from '../io.ts'
import { warnAbout } from './change.ts'
import { isSqlite, readCapfctl } from './import-capfctl.ts'
import { readCsv } from './import-csv.ts'
import { importRows } from './import-rows.ts'
import { STORE_OPTIONS } from './options.ts'
import { openStore } from './store.ts'

const MAX_BYTES = 256 * 1_048_576
/** A file of the wrong kind has a mistake in every line. */
const MAX_MISTAKES = 50

export const importDevices = command({
  name: 'import',
  doc: 'Add devices from a CSV file or from the database of the open capfctl tool',
  details:
    'The first line of a CSV names the columns: name, operation, auth, authString, key, completesBy, or the names of CUCM ' +
    '(tkcertificateoperation, tkkeysize, upgradefinishtime …). All devices are added, or none.',
  examples: [['device import phones.csv', 'A file that begins with name,operation,auth,authString']],
  words: { file: { doc: 'CSV file, or the SQLite file of capfctl.' } },
  options: {
    ...STORE_OPTIONS,
    replace: flag({
      default: false,
      doc: 'Overwrite devices that are in the store already; what is known of their LSCs is forgotten.',
    }),
    ...JSON_OPTION,
  },
  async run({ options, words: { file }, io }) {
    const bytes = await readBytes(file, { maxBytes: MAX_BYTES })
    const source = isSqlite(bytes) ? readCapfctl(file) : await readCsv(bytes, file)
    const { devices, mistakes, ignored } = importRows(source, { where: file })
    if (mistakes.length > 0) {
      const more = mistakes.length - MAX_MISTAKES
      const lines = [...mistakes.slice(0, MAX_MISTAKES), ...(more > 0 ? [`and ${more} more mistakes`] : [])]
      throw new MistakesError([...lines, new CliError('CLI_IMPORT_REFUSED', { where: file }).message], EXIT.failed)
    }
    await using store = openStore(options, { mustExist: false })
    await store.add(devices, { replace: options.replace })
    if (options.json) print(io, JSON.stringify({ version: 1, imported: devices.length, ignoredColumns: ignored }))
    else print(io, `imported ${counted(devices.length, 'device')} from ${file}`)
    if (ignored.length > 0)
      note(io, `not understood, and left out: ${ignored.length === 1 ? 'column' : 'columns'} ${ignored.join(', ')}`)
    warnAbout(
      io,
      devices.map(({ operation = 'none', authMode = 'null', authString }) => ({ operation, authMode, authString })),
    )
    return undefined
  },
})
