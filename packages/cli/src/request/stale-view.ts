import { derToPem } from '@capfkit/pki'
import { command } from '../command.ts'
import { STORE_OPTIONS } from '../device/options.ts'
import { openStore } from '../device/store.ts'
import { chosen } from './chosen.ts'

export const view = command({
  name: 'view',
  doc: 'Print the stale LSCs of a device as PEM',
  examples: [['stale-lsc view SEP001122334455 | openssl x509 -noout -text', 'Look at one with openssl']],
  words: { name: { doc: 'Name of the device.' } },
  options: STORE_OPTIONS,
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    const found = await chosen(store.requests, { names: [words.name], all: false, states: ['stale'] })
    for (const { certificateDer } of found) if (certificateDer) io.stdout.write(derToPem(certificateDer))
    return undefined
  },
})
