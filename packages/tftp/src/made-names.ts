import { isDeviceName } from '@capfkit/codec/capf'

type MadeRow = {
  /** `{device}` is any device name. Compared without case. */
  readonly name: string
  readonly content: 'ctl' | 'itl' | 'config' | 'default'
  readonly wrap: 'plain' | 'signed' | 'encrypted'
  readonly doc: string
}

/** Every file that is made on request, the first row that fits. docs/protocol/files.md walks this table. */
export const MADE_FILES = [
  { name: 'CTLFile.tlv', content: 'ctl', wrap: 'plain', doc: 'The CTL, in a cluster in mixed mode; else there is none.' },
  { name: 'CTL{device}.tlv', content: 'ctl', wrap: 'plain', doc: 'The same, for a phone that the cluster knows.' },
  { name: 'ITLFile.tlv', content: 'itl', wrap: 'plain', doc: 'The ITL, for whoever asks.' },
  { name: 'ITL{device}.tlv', content: 'itl', wrap: 'plain', doc: 'The same, for a phone that the cluster knows.' },
  { name: 'XMLDefault.cnf.xml', content: 'default', wrap: 'plain', doc: 'Where phones register that the cluster does not know.' },
  { name: 'XMLDefault.cnf.xml.sgn', content: 'default', wrap: 'signed', doc: 'The same, signed.' },
  { name: '{device}.cnf.xml', content: 'config', wrap: 'plain', doc: 'The configuration of one phone.' },
  { name: '{device}.cnf.xml.sgn', content: 'config', wrap: 'signed', doc: 'The same, signed.' },
  {
    name: '{device}.cnf.xml.enc.sgn',
    content: 'config',
    wrap: 'encrypted',
    doc: 'The same, encrypted with the key of the LSC and signed; only where `encrConfig` is set and the cluster has the LSC.',
  },
] as const satisfies readonly MadeRow[]

export type MadeFile = (typeof MADE_FILES)[number]

const escaped = (text: string) => text.replaceAll(/[.]/g, '\\.')

const PATTERNS = MADE_FILES.map(row => {
  const [before, behind] = row.name.split('{device}')
  const device = behind === undefined ? '' : `(?<device>.+)${escaped(behind)}`
  return { row, pattern: new RegExp(`^${escaped(before!)}${device}$`, 'i') }
})

/** Which file a name asks for, and of which device; `undefined` for a name that no row has. */
export const matchMadeFile = (name: string): { row: MadeFile; device?: string } | undefined => {
  for (const { row, pattern } of PATTERNS) {
    const match = pattern.exec(name)
    const device = match?.groups?.device
    if (match && device === undefined) return { row }
    if (match && isDeviceName(device!)) return { row, device: device! }
  }
  return undefined
}
