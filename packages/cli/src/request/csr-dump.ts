import { join } from 'node:path'
import { text } from '@capfkit/codec/options'
import { derToPem, makeFolder } from '@capfkit/pki'
import { command } from '../command.ts'
import { countedOrNo } from '../counted.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { CliError } from '../errors.ts'
import { systemWords } from '../files.ts'
import { print } from '../io.ts'
import { writeOutput } from '../output-file.ts'
import { chosen } from './chosen.ts'

/** Those that somebody can still answer. */
const OPEN = ['waiting', 'unanswered'] as const

const folderFor = async (folder: string): Promise<void> => {
  try {
    await makeFolder(folder)
  } catch (cause) {
    throw new CliError('CLI_FILE_UNWRITABLE', {
      where: folder,
      detail: `the folder cannot be made: ${systemWords(cause)}`,
      cause,
    })
  }
}

export const dump = command({
  name: 'dump',
  doc: 'Write certificate requests to files, for a CA',
  details: 'One file for each device, NAME.csr, PEM. Bring the certificates back with capf cert import.',
  examples: [['csr dump --to requests', 'All requests that wait for a certificate']],
  words: { names: { doc: 'Device names; without them, all.', many: true, optional: true } },
  options: { ...STORE_OPTIONS, to: text({ default: '.', doc: 'Folder to write them to. It is made when missing.' }) },
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    const { names } = words
    const found = await chosen(store.requests, { names, all: names.length === 0, states: OPEN })
    await folderFor(options.to)
    // A device name has no slash in it, so it cannot leave the folder.
    for (const { deviceName, csrDer } of found)
      await writeOutput({
        file: join(options.to, `${deviceName}.csr`),
        data: Buffer.from(derToPem(csrDer, 'CERTIFICATE REQUEST')),
        io,
      })
    print(io, `wrote ${countedOrNo(found.length, 'certificate request')} to ${options.to}`)
    return undefined
  },
})
