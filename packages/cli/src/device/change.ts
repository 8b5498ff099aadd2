import type { OptionsOf } from '@capfkit/codec/options'
import { type AuthMode, type Device, type DeviceChange, type Operation, parseCompletesBy } from '@capfkit/server'
import { MistakesError } from '../errors.ts'
import { type Io, note, painter } from '../io.ts'
import { GENERATE, isLikeCucm, newAuthString } from './auth-string.ts'
import { keyColumns } from './key-order.ts'
import type { DEVICE_OPTIONS } from './options.ts'

export type DeviceWords = OptionsOf<typeof DEVICE_OPTIONS>

const completesByOf = (words: string): string | undefined => {
  if (words === 'none') return undefined
  const completesBy = parseCompletesBy(words)
  if (completesBy !== undefined) return completesBy
  throw new MistakesError([
    `--completes-by must be YYYY:MM:DD:HH[:MM], an ISO date and time, or none, got ${JSON.stringify(words)} (CONFIG_OUT_OF_RANGE)`,
  ])
}

/** What the options change in a row; each call makes its own authentication string where one shall be generated. */
export const changeOf = ({ operation, auth, authString, key, completesBy }: DeviceWords): DeviceChange => {
  const authMode = auth ?? (authString === undefined ? undefined : 'string')
  return {
    ...(operation === undefined ? {} : { operation: operation as Operation }),
    ...(authMode === undefined ? {} : { authMode: authMode as AuthMode }),
    ...(authString === undefined ? {} : { authString: authString === GENERATE ? newAuthString() : authString }),
    ...(key === undefined ? {} : keyColumns(key)),
    ...(completesBy === undefined ? {} : { completesBy: completesByOf(completesBy) }),
  }
}

export const NULL_STRING_WARNING =
  'null string: whoever connects first under the name of a device gets its certificate; for laboratories only'

type Warned = Pick<Device, 'operation' | 'authMode' | 'authString'>

/** What the administrator should know about rows as they are now, a line each kind, however many rows there are. */
export const warnAbout = (io: Io, devices: readonly Warned[]): void => {
  const warn = (line: string) => note(io, `${painter(io.stderr, io)('yellow', 'warning')}: ${line}`)
  if (devices.some(({ authMode }) => authMode === 'null')) warn(NULL_STRING_WARNING)
  const isLocked = ({ operation, authMode, authString }: Warned) =>
    operation !== 'none' && authMode === 'string' && authString === undefined
  if (devices.some(isLocked)) warn('no authentication string is set, so no phone can authenticate; see --auth-string')
  if (devices.some(({ authString }) => authString !== undefined && !isLikeCucm(authString)))
    warn('an authentication string is not 4 to 10 digits: CUCM would not take it, and phones can only type digits')
}
