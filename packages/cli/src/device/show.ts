import { flag } from '@capfkit/codec/options'
import { derToPem } from '@capfkit/pki'
import { command, JSON_OPTION } from '../command.ts'
import { CliError } from '../errors.ts'
import { painter, print } from '../io.ts'
import { plain } from '../screen-table.ts'
import { STORE_OPTIONS } from './options.ts'
import { getAll, openStore } from './store.ts'
import { type DeviceView, viewOf } from './view.ts'

const LABEL_WIDTH = 16

const rowsOf = (view: DeviceView): [label: string, value: string][] => [
  ['operation', view.operation],
  ['authentication', view.auth === 'string' ? `string (${view.authStringSet ? 'set' : 'not set'})` : view.auth],
  ['key', view.key],
  ['status', `${view.status} ${view.statusText}`],
  ['completes by', view.completesBy ?? '–'],
  ...(view.failedAttempts === undefined ? [] : [['wrong strings', String(view.failedAttempts)] satisfies [string, string]]),
  ...(view.lockedUntil === undefined ? [] : [['locked until', view.lockedUntil] satisfies [string, string]]),
  ...(view.lsc
    ? ([
        ['LSC', view.lsc.subject],
        ['  issuer', view.lsc.issuer],
        ['  serial', view.lsc.serial],
        ['  SHA-1', view.lsc.sha1],
        ['  valid from', view.lsc.notBefore],
        ['  valid until', view.lsc.notAfter],
      ] satisfies [string, string][])
    : [['LSC', '–'] satisfies [string, string]]),
]

export const show = command({
  name: 'show',
  doc: 'Show one device and its LSC',
  examples: [['device show SEP001122334455 --certificate | openssl x509 -noout -text', 'Look at the LSC with openssl']],
  words: { name: { doc: 'Name of the device.' } },
  options: {
    ...STORE_OPTIONS,
    certificate: flag({ default: false, doc: 'Print the LSC as PEM and nothing else.' }),
    ...JSON_OPTION,
  },
  async run({ options, words, io }) {
    await using store = openStore(options, { mustExist: true })
    const [device] = await getAll(store, [words.name])
    if (!device) return undefined
    if (options.certificate) {
      if (!device.certificate)
        throw new CliError('CLI_DEVICE_UNKNOWN', {
          where: device.name,
          detail: 'this device has no LSC in the store',
          remedy: 'order one with capf device set NAME --operation install',
        })
      io.stdout.write(derToPem(device.certificate.certificateDer))
      return undefined
    }
    const view = viewOf(device)
    if (options.json) print(io, JSON.stringify({ version: 1, ...view }))
    else {
      print(io, painter(io.stdout, io)('bold', plain(view.name)))
      for (const [label, value] of rowsOf(view)) print(io, `${label.padEnd(LABEL_WIDTH)}${plain(value)}`)
    }
    return undefined
  },
})
