import {
  type AuthMode,
  EC_SIZES,
  type EcBits,
  type KeyOrder,
  type Operation,
  parseCompletesBy,
  RSA_SIZES,
  type RsaBits,
} from '@capfkit/server'
import { AUTH_STRING_PATTERN } from './auth-string.ts'
import { KEY_PATTERN, KEY_RANGE, type KeyColumns, keyColumns } from './key-order.ts'

/** A row as it came: texts by column. An empty text counts as not given. */
export type RawRow = Readonly<Record<string, string>>

export type ImportedFields = {
  name?: string
  operation?: Operation
  authMode?: AuthMode
  authString?: string
  completesBy?: string
} & KeyColumns

type ImportColumn = {
  /** Headings for it, without case and punctuation: ours, those of CUCM's `device` table and AXL, those of capfctl. */
  readonly headings: readonly string[]
  /** Said when the value is none of these. */
  readonly range: string
  read(text: string): ImportedFields | undefined
}

/** Lower case, letters and digits only: `device_name`, `Device Name` and `deviceName` are one heading. */
export const simple = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Words for a value: our own, the number in the database of CUCM, its constant or its text on the phone page, and capfctl's. */
const OPERATION_WORDS: Readonly<Record<Operation, readonly string[]>> = {
  none: ['1', 'nopendingoperation', 'operationnone'],
  install: ['2', 'installupgrade', 'upgrade', 'operationupgrade'],
  delete: ['3', 'operationdelete'],
  troubleshoot: ['4', 'operationtroubleshoot', 'fetch'],
}
const AUTH_WORDS: Readonly<Record<AuthMode, readonly string[]>> = {
  string: ['1', 'byauthenticationstring', 'authbystr', 'password'],
  null: ['2', 'bynullstring', 'authbynullstr', 'nopassword'],
  lsc: ['3', 'byexistingcertificateprecedencetolsc', 'certificate'],
  mic: ['4', 'byexistingcertificateprecedencetomic'],
}
const KEY_ORDER_WORDS: Readonly<Record<KeyOrder, readonly string[]>> = {
  rsa: ['1', 'rsaonly', 'keyorderrsaonly'],
  ec: ['2', 'econly', 'keyordereconly'],
  'ec-preferred': ['3', 'ecpreferred', 'ecpreferredrsabackup'],
}

const oneOf = <K extends string>(words: Readonly<Record<K, readonly string[]>>) => {
  const byWord = new Map<string, K>()
  for (const [name, others] of Object.entries<readonly string[]>(words))
    for (const word of [simple(name), ...others]) byWord.set(word, name as K)
  return (text: string): K | undefined => byWord.get(simple(text))
}

const field = <K extends keyof ImportedFields>(name: K, value: ImportedFields[K] | undefined) =>
  value === undefined ? undefined : ({ [name]: value } as ImportedFields)

/** The size itself, or the number of tkKeySize. */
const rsaBits = (text: string): RsaBits | undefined => {
  const bits = Object.keys(RSA_SIZES).find(size => size === text || String(RSA_SIZES[Number(size) as RsaBits]) === text)
  return bits === undefined ? undefined : (Number(bits) as RsaBits)
}

const ecBits = (text: string): EcBits | undefined => {
  const bits = Object.keys(EC_SIZES).find(size => [size, `p${size}`, EC_SIZES[Number(size) as EcBits]].includes(simple(text)))
  return bits === undefined ? undefined : (Number(bits) as EcBits)
}

const operationOf = oneOf(OPERATION_WORDS)
const authOf = oneOf(AUTH_WORDS)
const keyOrderOf = oneOf(KEY_ORDER_WORDS)

const CURVE = 'curve'

/** Every column that is understood: one row each. Later columns win over earlier ones. */
export const IMPORT_COLUMNS: readonly ImportColumn[] = [
  { headings: ['name', 'devicename'], range: 'a device name', read: name => ({ name }) },
  {
    headings: ['operation', 'tkcertificateoperation', 'certificateoperation'],
    range: 'none | install | delete | troubleshoot',
    read: text => field('operation', operationOf(text)),
  },
  {
    headings: ['auth', 'authmode', 'tkauthenticationmode', 'authenticationmode', 'authentication'],
    range: 'null | string | lsc | mic',
    read: text => field('authMode', authOf(text)),
  },
  {
    headings: ['authstring', 'authenticationstring', 'password'],
    range: '4 to 20 printable characters',
    read: text => field('authString', AUTH_STRING_PATTERN.test(text) ? text : undefined),
  },
  {
    headings: ['keyorder', 'tkkeyorder'],
    range: 'rsa | ec | ec-preferred',
    read: text => field('keyOrder', keyOrderOf(text)),
  },
  {
    headings: ['keysize', 'tkkeysize', 'rsakeysize', 'rsabits'],
    range: Object.keys(RSA_SIZES).join(' | '),
    read: text => field('rsaBits', rsaBits(text)),
  },
  {
    headings: ['eckeysize', 'tkeckeysize', 'ecbits'],
    range: Object.keys(EC_SIZES).join(' | '),
    read: text => field('ecBits', ecBits(text)),
  },
  {
    // A row has either a key size or a curve.
    headings: [CURVE],
    range: Object.values(EC_SIZES).join(' | '),
    read: text => {
      const bits = ecBits(text)
      return bits === undefined ? undefined : { keyOrder: 'ec', ecBits: bits }
    },
  },
  { headings: ['key'], range: KEY_RANGE, read: text => (KEY_PATTERN.test(text) ? keyColumns(text) : undefined) },
  {
    headings: ['completesby', 'upgradefinishtime', 'operationcompletesby'],
    range: 'YYYY:MM:DD:HH[:MM] or an ISO date and time',
    read: text => field('completesBy', parseCompletesBy(text)),
  },
]

const byHeading = new Map(IMPORT_COLUMNS.flatMap(column => column.headings.map(heading => [heading, column] as const)))

/** The column that a heading stands for; one that speaks of a curve stands for the curve, whatever else is in it. */
export const columnFor = (heading: string): ImportColumn | undefined => {
  const word = simple(heading)
  return byHeading.get(word.includes(CURVE) ? CURVE : word)
}
