import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flag, oneOf, optionalText } from '@capfkit/codec/options'
import { derToPem, makeFolder } from '@capfkit/pki'
import type { Device } from '@capfkit/server'
import { command } from '../command.ts'
import { CliError } from '../errors.ts'
import { systemWords } from '../files.ts'
import { note, print } from '../io.ts'
import { filterOf } from './list.ts'
import { FILTER_OPTIONS, STORE_OPTIONS } from './options.ts'
import { openStore } from './store.ts'
import { type DeviceView, viewOf } from './view.ts'

/** The columns of the CSV; `capf device import` reads the first ones back. */
const COLUMNS: Readonly<Record<string, (view: DeviceView, device: Device) => string>> = {
  name: ({ name }) => name,
  operation: ({ operation }) => operation,
  auth: ({ auth }) => auth,
  authString: (_, { authString }) => authString ?? '',
  key: ({ key }) => key,
  completesBy: ({ completesBy }) => completesBy ?? '',
  status: ({ status }) => String(status),
  statusText: ({ statusText }) => statusText,
  lscSubject: ({ lsc }) => lsc?.subject ?? '',
  lscIssuer: ({ lsc }) => lsc?.issuer ?? '',
  lscSerial: ({ lsc }) => lsc?.serial ?? '',
  lscNotAfter: ({ lsc }) => lsc?.notAfter ?? '',
}

/** RFC 4180. */
const csvValue = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

export const exportDevices = command({
  name: 'export',
  doc: 'Write the devices of a store to stdout, as CSV or JSON Lines',
  examples: [['device export --format csv --certificates lscs > devices.csv', 'A list, and every LSC as lscs/NAME.pem']],
  options: {
    ...STORE_OPTIONS,
    ...FILTER_OPTIONS,
    format: oneOf({ default: 'csv', values: ['csv', 'json'], doc: 'How to write them.' }),
    certificates: optionalText({ doc: 'Folder to write every LSC to, as NAME.pem. It is made when missing.' }),
    withSecrets: flag({
      default: false,
      doc: 'Write the authentication strings, too.',
      unsafe: 'whoever reads the output can enrol in the place of the phones',
    }),
  },
  async run({ options, io }) {
    await using store = openStore(options, { mustExist: true })
    const { certificates: folder, withSecrets } = options
    const columns = Object.keys(COLUMNS).filter(name => name !== 'authString' || withSecrets)
    if (options.format === 'csv') print(io, columns.join(','))
    let written = 0
    try {
      if (folder !== undefined) await makeFolder(folder)
      for await (const device of store.list(filterOf(options))) {
        const view = viewOf(device)
        if (options.format === 'csv') print(io, columns.map(name => csvValue(COLUMNS[name]?.(view, device) ?? '')).join(','))
        else {
          const secret = withSecrets && device.authString !== undefined ? { authString: device.authString } : {}
          print(io, JSON.stringify({ ...view, ...secret }))
        }
        if (folder === undefined || !device.certificate) continue
        // A device name has no slash in it, so it cannot leave the folder.
        await writeFile(join(folder, `${device.name}.pem`), derToPem(device.certificate.certificateDer))
        written++
      }
    } catch (cause) {
      if (!(cause instanceof Error && 'syscall' in cause) || folder === undefined) throw cause
      throw new CliError('CLI_FILE_UNWRITABLE', {
        where: folder,
        detail: `a certificate cannot be written: ${systemWords(cause)}`,
        cause,
      })
    }
    if (folder !== undefined) note(io, `wrote ${written} certificates to ${folder}`)
    return undefined
  },
})
