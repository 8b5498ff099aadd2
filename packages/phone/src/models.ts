import type { Digest, KeySpec } from '@capfkit/pki'

type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Which of the two trust lists a phone asks for [BOOT-1.2]. */
export type TrustListKind = 'CTL' | 'ITL'

/** What is known of one phone model; lines marked [I] in the table are a model of ours and not a measurement. */
export type PhoneModel = {
  /** Product id as in the subject of its certificates, `CP-8861-SEP…`; none where the subject is the device name alone. */
  readonly product?: string
  readonly protocolVersion: 2 | 3
  readonly minTls: TlsVersion
  readonly maxTls: TlsVersion
  /** Ciphers up to TLS 1.2 that it offers, as OpenSSL calls them, the preferred one first. */
  readonly ciphers: readonly string[]
  /** Speaks nothing but TLS 1.0 and RSA key exchange [CAPF-1.5]. */
  readonly legacyTls: boolean
  readonly hasMic: boolean
  readonly ec: boolean
  readonly maxRsaBits: 2048 | 4096
  /** How long a 2048-bit RSA key takes, from and to, in ms [I]; known is only: seconds to over 30 minutes [CAPF-3.3]. */
  readonly rsa2048Ms: readonly [number, number]
  /** Trust lists that it asks for, in order. Without the ITL it has no Security By Default. */
  readonly trustLists: readonly TrustListKind[]
  /** Digests that it can check a signed file by. */
  readonly digests: readonly Digest[]
  /** Speaks HTTP 6970; else TFTP alone. */
  readonly http: boolean
  /** Speaks HTTPS 6971 where the trust list tells of it. */
  readonly https: boolean
  /** What it asks for behind its configuration [I]: of the names the kinds are known, and that they are not always there. */
  readonly furtherFiles: readonly string[]
}

const CIPHERS_OF_TODAY = [
  // An EC certificate, as HTTPS 6971 has, needs these two [I]; the others are what the 88xx are documented with. DES-CBC3-SHA,
  // the last of those, is in no OpenSSL of today.
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'AES256-SHA',
  'AES128-SHA',
]

const TONES = 'United_States/g3-tones.xml'
const DIAL_RULES = 'AppDialRules.xml'

const old = {
  protocolVersion: 3,
  minTls: 'TLSv1',
  maxTls: 'TLSv1',
  ciphers: ['AES256-SHA', 'AES128-SHA'],
  legacyTls: true,
  hasMic: true,
  ec: false,
  maxRsaBits: 2048,
  trustLists: ['CTL', 'ITL'],
  digests: ['sha1'],
  http: true,
  https: false,
  furtherFiles: ['English_United_States/mk-sip.jar', TONES, DIAL_RULES],
} as const
const current = {
  protocolVersion: 3,
  minTls: 'TLSv1.2',
  maxTls: 'TLSv1.2',
  ciphers: CIPHERS_OF_TODAY,
  legacyTls: false,
  hasMic: true,
  ec: true,
  maxRsaBits: 4096,
  trustLists: ['CTL', 'ITL'],
  digests: ['sha1', 'sha512'],
  http: true,
  https: true,
  furtherFiles: ['English_United_States/sip.jar', TONES, DIAL_RULES],
} as const
/** Without Security By Default: nothing but a CTL, of a cluster in mixed mode, makes them trust anybody [BOOT-1.2]. */
const withoutDefaults = { ...old, trustLists: ['CTL'], http: false, furtherFiles: [] } as const
/** The 8900 and 9900: newer than the 7900, but only SHA-1 signatures; their TLS version is that of the 8941 [I]. */
const between = { ...old, rsa2048Ms: [20_000, 180_000] } as const

const SLOW = [60_000, 600_000] as const
const QUICK = [3_000, 30_000] as const

/** Phone models by the name that `--model` takes. */
export const MODELS = {
  '7811': { ...current, product: 'CP-7811', rsa2048Ms: [5_000, 60_000] },
  '7821': { ...current, product: 'CP-7821', rsa2048Ms: [5_000, 60_000] },
  '7841': { ...current, product: 'CP-7841', rsa2048Ms: [5_000, 60_000] },
  '7861': { ...current, product: 'CP-7861', rsa2048Ms: [5_000, 60_000] },
  '7911': { ...old, product: 'CP-7911G', rsa2048Ms: SLOW },
  '7935': { ...withoutDefaults, product: 'CP-7935', rsa2048Ms: SLOW },
  '7936': { ...withoutDefaults, product: 'CP-7936', rsa2048Ms: SLOW },
  '7937': { ...withoutDefaults, product: 'CP-7937G', rsa2048Ms: SLOW },
  '7940': { ...withoutDefaults, product: 'CP-7940G', rsa2048Ms: SLOW },
  '7942': { ...old, product: 'CP-7942G', rsa2048Ms: SLOW },
  '7945': { ...old, product: 'CP-7945G', rsa2048Ms: SLOW },
  '7960': { ...withoutDefaults, product: 'CP-7960G', rsa2048Ms: SLOW },
  '7962': { ...old, product: 'CP-7962G', rsa2048Ms: SLOW },
  '7965': { ...old, product: 'CP-7965G', rsa2048Ms: SLOW },
  '7970': { ...old, product: 'CP-7970G', rsa2048Ms: SLOW },
  '7975': { ...old, product: 'CP-7975G', rsa2048Ms: SLOW },
  '8811': { ...current, product: 'CP-8811', rsa2048Ms: QUICK },
  '8841': { ...current, product: 'CP-8841', rsa2048Ms: QUICK },
  '8845': { ...current, product: 'CP-8845', rsa2048Ms: QUICK },
  '8851': { ...current, product: 'CP-8851', rsa2048Ms: QUICK },
  '8861': { ...current, product: 'CP-8861', rsa2048Ms: QUICK },
  '8865': { ...current, product: 'CP-8865', rsa2048Ms: QUICK },
  '8941': { ...between, product: 'CP-8941' },
  '8945': { ...between, product: 'CP-8945' },
  '8961': { ...between, product: 'CP-8961' },
  CIPC: { ...old, hasMic: false, rsa2048Ms: [200, 3_000], furtherFiles: [TONES, DIAL_RULES] },
  // Jabber: version 2, RSA only, no MIC, no PASSWORD element [CAPF-3.2].
  CSF: { ...current, protocolVersion: 2, hasMic: false, ec: false, rsa2048Ms: [100, 2_000], furtherFiles: [DIAL_RULES] },
} as const satisfies Record<string, PhoneModel>

export type ModelName = keyof typeof MODELS

/** EC keys cost next to nothing beside RSA, on every processor. */
const EC_SHARE = 0.01

/**
 * How long this model would take over such a key, in ms: a wait, not work. RSA grows with the fourth power of the size.
 *
 * @param random  in [0, 1): where in the model's range this phone lies.
 */
export const modelledKeyMs = (what: { model: PhoneModel; spec: KeySpec; random: number }): number => {
  const { model, spec, random } = what
  const [from, to] = model.rsa2048Ms
  return (from + (to - from) * random) * (spec.type === 'rsa' ? (spec.bits / 2048) ** 4 : EC_SHARE)
}

/** Why this phone cannot make such a key; `undefined` when it can. */
export const cannotMake = (what: { model: PhoneModel; version: number; spec: KeySpec }): string | undefined => {
  const { model, version, spec } = what
  if (spec.type === 'ec') {
    if (version < 3) return 'protocol version 2 knows RSA only'
    return model.ec ? undefined : 'this model knows RSA only'
  }
  return spec.bits > model.maxRsaBits ? `this model makes RSA keys of up to ${model.maxRsaBits} bits, not ${spec.bits}` : undefined
}
