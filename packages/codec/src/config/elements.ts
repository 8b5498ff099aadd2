import { type ConfigValue, certificateHashHex, host, line, oneOf, oneZero, trueFalse, whole } from './values.ts'

/** Where an element stands below the root, `a/b/c`; as part of a list's member also `@attribute`. */
type Path = string

type Place = {
  readonly path: Path
  /** Where it stands in `XMLDefault.cnf.xml`, the file for phones that nobody configured; without it, at `path`. */
  readonly inDefault?: Path
  /** Also read there: which of the two places is the right one is not public. */
  readonly elsewhere?: Path
  readonly doc: string
}

/** The root element of a phone's own file, and of the one for phones that nobody configured. */
export const CONFIG_ROOTS = ['device', 'Default'] as const
export type ConfigRoot = (typeof CONFIG_ROOTS)[number]

export const pathIn = (root: ConfigRoot, { path, inDefault }: Place): Path => (root === 'Default' ? (inDefault ?? path) : path)

/** One element with one value. */
export type ValueRow<T = unknown> = Place & { readonly kind: 'value'; readonly value: ConfigValue<T> }

/** One value of a list's member. */
export type Field<T = unknown> = { readonly path: Path; readonly value: ConfigValue<T>; readonly required: boolean }

/** An element with members that are alike. */
export type ListRow<F = Readonly<Record<string, Field>>> = Place & {
  readonly kind: 'list'
  readonly item: string
  /** More are refused. */
  readonly most: number
  readonly fields: F
}

export type ConfigRow = ValueRow | ListRow

const one = <T>(row: Place & { value: ConfigValue<T> }): ValueRow<T> => ({ kind: 'value', ...row })
const list = <const F>(row: Place & { item: string; most: number; fields: F }): ListRow<F> => ({ kind: 'list', ...row })

const required = <T>(path: Path, value: ConfigValue<T>) => ({ path, value, required: true }) as const
const optional = <T>(path: Path, value: ConfigValue<T>) => ({ path, value, required: false }) as const

const port = whole(1, 65_535)
const priority = required('@priority', whole(0, 15))

/**
 * What security needs of a phone's configuration file, in the order in which it is written. Everything else in such a file is
 * left unread. Reader, writer, tests and docs/protocol/files.md walk this table.
 */
export const CONFIG_ELEMENTS = {
  fullConfig: one({ path: 'fullConfig', value: trueFalse, doc: 'The file is complete, not only what a phone needs to begin.' }),
  callManagers: list({
    path: 'devicePool/callManagerGroup/members',
    inDefault: 'callManagerGroup/members',
    item: 'member',
    most: 16,
    fields: {
      priority,
      ethernetPhonePort: optional('callManager/ports/ethernetPhonePort', port),
      sipPort: optional('callManager/ports/sipPort', port),
      securedSipPort: optional('callManager/ports/securedSipPort', port),
      processNodeName: required('callManager/processNodeName', host),
    },
    doc: 'Where the phone registers, the lowest priority number first.',
  }),
  tvs: list({
    path: 'TVS/members',
    item: 'member',
    most: 5,
    fields: { priority, port: required('port', port), address: required('address', host) },
    doc: 'Who is asked about certificates that are not in the trust list, the lowest priority number first.',
  }),
  tls12Only: one({
    path: 'vendorConfig/tls12Only',
    elsewhere: 'tls12Only',
    value: oneZero,
    doc: 'Speak TLS 1.2 and nothing older.',
  }),
  disableTlsCiphers: one({
    path: 'vendorConfig/disableTLSCiphers',
    elsewhere: 'disableTLSCiphers',
    value: line(512),
    doc: 'Ciphers that the phone must not offer. What the text means is not public: it is handed on as it stands.',
  }),
  deviceSecurityMode: one({
    path: 'deviceSecurityMode',
    value: oneOf({ 'non-secure': 1, authenticated: 2, encrypted: 3 }),
    doc: 'How the phone registers.',
  }),
  transportLayerProtocol: one({
    path: 'transportLayerProtocol',
    value: whole(0, 9),
    doc: '1 TCP, 2 UDP, 3 TLS. SCCP files have 4 and 2, where it means something else: the number is kept.',
  }),
  tlsResumptionTimerSeconds: one({
    path: 'TLSResumptionTimer',
    value: whole(0, 604_800),
    doc: 'Seconds for which a TLS session may be resumed.',
  }),
  capfAuthMode: one({
    path: 'capfAuthMode',
    value: oneOf({ none: 0, string: 1, null: 2, lsc: 3, mic: 4 }),
    doc: 'Whether the phone shall contact CAPF, and how it proves there who it is.',
  }),
  capfList: list({
    path: 'capfList',
    item: 'capf',
    most: 5,
    fields: { phonePort: required('phonePort', port), processNodeName: optional('processNodeName', host) },
    doc: 'Where CAPF is. Without a name the entry is of no use to the phone.',
  }),
  certHash: one({
    path: 'certHash',
    value: certificateHashHex,
    doc: 'SHA-1 of the LSC that the cluster knows of this phone, or its MD5, by its length; empty until there is one.',
  }),
  encrConfig: one({ path: 'encrConfig', value: trueFalse, doc: 'There is an encrypted file, .cnf.xml.enc.sgn: fetch that one.' }),
} as const satisfies Record<string, ConfigRow>

type Fields<F> =
  F extends Readonly<Record<string, Field>>
    ? { readonly [K in keyof F as F[K]['required'] extends true ? K : never]: F[K] extends Field<infer T> ? T : never } & {
        readonly [K in keyof F as F[K]['required'] extends true ? never : K]?: F[K] extends Field<infer T> ? T : never
      }
    : never

type ValueOf<R> = R extends ValueRow<infer T> ? T : R extends ListRow<infer F> ? readonly Fields<F>[] : never

/** A configuration: the rows of {@link CONFIG_ELEMENTS} that its file has. Derived, never written by hand. */
export type PhoneConfig = { readonly [K in keyof typeof CONFIG_ELEMENTS]?: ValueOf<(typeof CONFIG_ELEMENTS)[K]> }
