import type { KeySpec } from '@capfkit/pki'
import { CERT_STATUS } from './status.ts'

/** What the administrator wants of a device, with the number of tkCertificateOperation [CAPF-7.3]. */
export const OPERATIONS = {
  none: { number: 1, trace: 'OPERATION_NONE' },
  install: { number: 2, trace: 'OPERATION_UPGRADE' },
  delete: { number: 3, trace: 'OPERATION_DELETE' },
  troubleshoot: { number: 4, trace: 'OPERATION_TROUBLESHOOT' },
} as const

/** How the phone must prove who it is, with the number of tkAuthenticationMode [CAPF-4]. */
export const AUTH_MODES = {
  string: { number: 1, trace: 'AUTH_BY_STR' },
  null: { number: 2, trace: 'AUTH_BY_NULL_STR' },
  lsc: { number: 3, trace: 'AUTH_BY_CERT_LSC' },
  mic: { number: 4, trace: 'AUTH_BY_CERT_MIC' },
} as const

/** Which keys a device may be told to make, with the number of tkKeyOrder [CAPF-7.3]. */
export const KEY_ORDERS = {
  rsa: { number: 1, trace: 'KEYORDER_RSA_ONLY' },
  ec: { number: 2, trace: 'KEYORDER_EC_ONLY' },
  'ec-preferred': { number: 3, trace: 'KEYORDER_EC_PREFERRED' },
} as const

/** RSA sizes with the number of tkKeySize [CAPF-7.3]. */
export const RSA_SIZES = { 512: 1, 1024: 2, 2048: 3, 3072: 4, 4096: 5 } as const

/** EC sizes with the curve; the numbers of tkEcKeySize are not public, so the size itself is stored [CAPF-7.3]. */
export const EC_SIZES = { 256: 'secp256r1', 384: 'secp384r1', 521: 'secp521r1' } as const

export type Operation = keyof typeof OPERATIONS
export type AuthMode = keyof typeof AUTH_MODES
export type KeyOrder = keyof typeof KEY_ORDERS
export type RsaBits = keyof typeof RSA_SIZES
export type EcBits = keyof typeof EC_SIZES

/** A certificate that a device confirmed to have stored. */
export type StoredCertificate = {
  certificateDer: Buffer
  /** PEM, PKCS#1 for RSA as the product keeps it. */
  publicKeyPem: string
  validUntil: Date
  issuerName: string
  issuerValidUntil: Date
}

/** One row of the device store; the columns carry the names of CUCM's `device` table [CAPF-7.3]. */
export type Device = {
  /** Any CUCM device name, compared without case [CAPF-3.5]. */
  name: string
  operation: Operation
  authMode: AuthMode
  authString: string | undefined
  keyOrder: KeyOrder
  rsaBits: RsaBits
  ecBits: EcBits
  /** tkCertificateStatus, 1-34. */
  status: number
  /** `YYYY:MM:DD:HH:MM` in the server's time zone, as upgradefinishtime. */
  completesBy: string | undefined
  /** Wrong authentication strings in a row. */
  failedAttempts: number
  /** Epoch ms until which further strings are not looked at, 0 for none. */
  lockedUntilMs: number
  certificate: StoredCertificate | undefined
}

/** What must be given of a new device; the rest has defaults. */
export type NewDevice = { name: string } & Partial<Omit<Device, 'name' | 'certificate'>>

/** What can be changed in a row afterwards. */
export type DeviceChange = Partial<Omit<Device, 'name' | 'certificate'>>

/** The one place where the defaults of a device row are written. */
export const NEW_DEVICE = {
  operation: 'none',
  authMode: 'null',
  authString: undefined,
  keyOrder: 'rsa',
  rsaBits: 2048,
  ecBits: 256,
  status: CERT_STATUS.NONE,
  completesBy: undefined,
  failedAttempts: 0,
  lockedUntilMs: 0,
  certificate: undefined,
} as const satisfies Omit<Device, 'name'>

/** A new row: defaults filled in, and an operation that is ordered shows as pending. */
export const newDevice = (given: NewDevice): Device => ({
  ...NEW_DEVICE,
  status: given.operation && given.operation !== 'none' ? CERT_STATUS.PENDING : CERT_STATUS.NONE,
  ...given,
})

/** The key that a phone of this protocol version is told to make; `undefined` when it cannot make any [CAPF-3.2], [CAPF-7.2]. */
export const keySpecFor = (device: Device, version: number): KeySpec | undefined => {
  const rsa = { type: 'rsa', bits: device.rsaBits } as const
  if (device.keyOrder === 'rsa') return rsa
  if (version >= 3) return { type: 'ec', curve: EC_SIZES[device.ecBits] }
  return device.keyOrder === 'ec-preferred' ? rsa : undefined
}

const pad = (value: number, digits: number) => String(value).padStart(digits, '0')

/** A point in time as Operation Completes By is written: `YYYY:MM:DD:HH:MM`, server's time zone. Later is greater as text. */
export const formatCompletesBy = (at: Date): string =>
  `${pad(at.getFullYear(), 4)}:${pad(at.getMonth() + 1, 2)}:${pad(at.getDate(), 2)}:${pad(at.getHours(), 2)}:${pad(at.getMinutes(), 2)}`

const COMPLETES_BY = /^(\d{4}):(\d{2}):(\d{2}):(\d{2})(?::(\d{2}))?$/

/** Read `YYYY:MM:DD:HH[:MM]` or an ISO date-time into the stored form; `undefined` for anything else, impossible dates included. */
export const parseCompletesBy = (words: string): string | undefined => {
  const match = COMPLETES_BY.exec(words)
  if (!match) {
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})T/.exec(words) ?? []
    const at = new Date(words)
    // The 31st of February is the 3rd of March to a Date.
    const isDay =
      year !== undefined && new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
    return isDay && !Number.isNaN(at.getTime()) ? formatCompletesBy(at) : undefined
  }
  const [year, month, day, hour, minute] = match.slice(1).map(digits => Number(digits ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const at = new Date(year, month - 1, day, hour, minute)
  const same = at.getMonth() === month - 1 && at.getDate() === day && at.getHours() === hour && minute < 60
  return same ? formatCompletesBy(at) : undefined
}
