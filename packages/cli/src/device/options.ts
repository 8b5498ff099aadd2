import { type OptionRow, optionalText, text } from '@capfkit/codec/options'
import { type AUTH_MODES, CERT_STATUSES, NEW_DEVICE, OPERATIONS, SERVER_OPTIONS } from '@capfkit/server'
import { AUTH_STRING_PATTERN, GENERATE } from './auth-string.ts'
import { formatKeyOrder, KEY_PATTERN, KEY_RANGE } from './key-order.ts'

const choice = (names: readonly string[]) => ({ pattern: new RegExp(`^(?:${names.join('|')})$`), range: names.join(' | ') })

/** Where the devices are: the option of the server, without the store that `capf device` cannot see. */
export const STORE_OPTIONS = {
  store: text({
    default: SERVER_OPTIONS.store.default ?? '',
    doc: 'Device store: sqlite:FILE or postgres://…. A server may use it at the same time.',
  }),
  storeLockTimeoutMs: SERVER_OPTIONS.storeLockTimeoutMs,
} as const

/** From the weakest to the strongest. */
const AUTH_ORDER = ['null', 'string', 'lsc', 'mic'] satisfies (keyof typeof AUTH_MODES)[]

/** What can be said of a device, one row a field. `set` changes only what is given. */
export const DEVICE_OPTIONS = {
  operation: optionalText({ ...choice(Object.keys(OPERATIONS)), doc: 'What the server shall do when the phone comes next.' }),
  auth: optionalText({
    ...choice(AUTH_ORDER),
    doc: 'How the phone proves who it is: nothing, an authentication string, its LSC (else its MIC), its MIC.',
  }),
  authString: optionalText({
    pattern: AUTH_STRING_PATTERN,
    range: `4 to 20 printable characters, or ${GENERATE}`,
    doc: 'Authentication string of each device; CUCM takes 4 to 10 digits. "generate" makes 6 digits and prints them once.',
    secret: true,
  }),
  key: optionalText({
    pattern: KEY_PATTERN,
    range: KEY_RANGE,
    doc: 'The key that the phone makes; with two, EC is preferred and RSA the back-up.',
  }),
  completesBy: optionalText({
    doc: 'Operation Completes By: YYYY:MM:DD:HH[:MM] in the time zone of the server, or an ISO date and time; "none" for no limit.',
  }),
} as const

/** The same row with the default that a new device gets: for `--help`, the store fills it in. */
const shown = (row: OptionRow<string | undefined>, value: string): OptionRow<string | undefined> => ({ ...row, default: value })

export const NEW_DEVICE_OPTIONS = {
  ...DEVICE_OPTIONS,
  operation: shown(DEVICE_OPTIONS.operation, NEW_DEVICE.operation),
  auth: shown(DEVICE_OPTIONS.auth, `${NEW_DEVICE.authMode}, with an authentication string: string`),
  key: shown(DEVICE_OPTIONS.key, formatKeyOrder(NEW_DEVICE)),
} as const

/** Which devices to show or export. */
export const FILTER_OPTIONS = {
  like: optionalText({ doc: 'Only names like this, without case: % stands for any text, _ for one character.' }),
  operation: optionalText({ ...choice(Object.keys(OPERATIONS)), doc: 'Only devices with this pending operation.' }),
  status: optionalText({
    pattern: /^(?:[1-9]|[12]\d|3[0-4])$/,
    range: `1..${CERT_STATUSES.length - 1}`,
    doc: 'Only devices with this number as Certificate Operation Status.',
  }),
} as const
