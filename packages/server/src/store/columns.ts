import {
  AUTH_MODES,
  type Device,
  type EcBits,
  KEY_ORDERS,
  OPERATIONS,
  RSA_SIZES,
  type RsaBits,
  type StoredCertificate,
} from '../device.ts'

export type SqlValue = string | number | bigint | Uint8Array | null

/** One column of the `device` table: its name in CUCM and SQL, and how the field of a {@link Device} becomes its value. */
type Column = { readonly sql: string; to(value: never): SqlValue; from(value: SqlValue): unknown }

const column = <T>(sql: string, codec: { to(value: T): SqlValue; from(value: SqlValue): T }) => ({ sql, ...codec })

const numbered = <K extends string>(table: Readonly<Record<K, { number: number }>>) => {
  const names = new Map<number, K>(Object.entries<{ number: number }>(table).map(([name, row]) => [row.number, name as K]))
  return {
    to: (value: K): SqlValue => table[value].number,
    from: (value: SqlValue): K => {
      const name = names.get(Number(value))
      if (name === undefined) throw new RangeError(`the device row holds ${value}, which this version does not know`)
      return name
    },
  }
}

const number = { to: (value: number): SqlValue => value, from: (value: SqlValue) => Number(value) }
const textOrNothing = {
  to: (value: string | undefined): SqlValue => value ?? null,
  from: (value: SqlValue) => (value === null ? undefined : String(value)),
}

const rsaBitsByNumber = new Map(Object.entries(RSA_SIZES).map(([bits, number]) => [number as number, Number(bits) as RsaBits]))

/** Fields of a device and their columns, one row each: schema, reader, writer and export walk this table [CAPF-7.3]. */
export const COLUMNS = {
  name: column('name', { to: (value: string) => value, from: String }),
  operation: column('tkcertificateoperation', numbered(OPERATIONS)),
  authMode: column('tkauthenticationmode', numbered(AUTH_MODES)),
  authString: column('authenticationstring', textOrNothing),
  keyOrder: column('tkkeyorder', numbered(KEY_ORDERS)),
  rsaBits: column('tkkeysize', {
    to: (bits: RsaBits) => RSA_SIZES[bits],
    from: value => rsaBitsByNumber.get(Number(value)) ?? 2048,
  }),
  ecBits: column('tkeckeysize', { to: (bits: EcBits) => bits, from: value => Number(value) as EcBits }),
  status: column('tkcertificatestatus', number),
  completesBy: column('upgradefinishtime', textOrNothing),
  failedAttempts: column('failedattempts', number),
  lockedUntilMs: column('lockeduntilms', number),
} as const satisfies Record<Exclude<keyof Device, 'certificate'>, Column>

export type ColumnField = keyof typeof COLUMNS
export const COLUMN_FIELDS = Object.keys(COLUMNS) as readonly ColumnField[]

/** Columns of the certificate that the phone confirmed; all NULL or 0 when there is none. */
export const CERTIFICATE_COLUMNS = ['certificate', 'publickey', 'lscvaliduntil', 'lscissuername', 'lscissuervaliduntil'] as const

export const toSql = (device: Partial<Device>, field: ColumnField): SqlValue => {
  const { to } = COLUMNS[field] as Column
  return to(device[field] as never)
}

export const certificateToSql = (certificate: StoredCertificate | undefined): SqlValue[] =>
  certificate === undefined
    ? [null, null, 0, null, 0]
    : [
        certificate.certificateDer,
        certificate.publicKeyPem,
        Math.floor(certificate.validUntil.getTime() / 1000),
        certificate.issuerName,
        Math.floor(certificate.issuerValidUntil.getTime() / 1000),
      ]

const seconds = (value: SqlValue | undefined) => new Date(Number(value) * 1000)

export const fromSql = (row: Readonly<Record<string, SqlValue>>): Device => {
  const device: Record<string, unknown> = {}
  for (const field of COLUMN_FIELDS) device[field] = COLUMNS[field].from(row[COLUMNS[field].sql] as never)
  const der = row.certificate
  const certificate: StoredCertificate | undefined =
    der instanceof Uint8Array
      ? {
          certificateDer: Buffer.from(der.buffer, der.byteOffset, der.byteLength),
          publicKeyPem: String(row.publickey ?? ''),
          validUntil: seconds(row.lscvaliduntil),
          issuerName: String(row.lscissuername ?? ''),
          issuerValidUntil: seconds(row.lscissuervaliduntil),
        }
      : undefined
  return { ...device, certificate } as Device
}
