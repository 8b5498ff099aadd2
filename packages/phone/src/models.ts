import type { KeySpec } from '@capfkit/pki'

type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** What is known of one phone model; lines marked [I] in the table are a model of ours and not a measurement. */
export type PhoneModel = {
  /** Product id as in the subject of its certificates, `CP-8861-SEP…`; none where the subject is the device name alone. */
  readonly product?: string
  readonly protocolVersion: 2 | 3
  readonly minTls: TlsVersion
  readonly maxTls: TlsVersion
  /** Speaks nothing but RSA key exchange with AES128-SHA or AES256-SHA [CAPF-1.5]. */
  readonly legacyTls: boolean
  readonly hasMic: boolean
  readonly ec: boolean
  readonly maxRsaBits: 2048 | 4096
  /** How long a 2048-bit RSA key takes, from and to, in ms [I]; known is only: seconds to over 30 minutes [CAPF-3.3]. */
  readonly rsa2048Ms: readonly [number, number]
}

const old = {
  protocolVersion: 3,
  minTls: 'TLSv1',
  maxTls: 'TLSv1',
  legacyTls: true,
  hasMic: true,
  ec: false,
  maxRsaBits: 2048,
} as const
const current = {
  protocolVersion: 3,
  minTls: 'TLSv1.2',
  maxTls: 'TLSv1.2',
  legacyTls: false,
  hasMic: true,
  ec: true,
  maxRsaBits: 4096,
} as const

/** Phone models by the name that `--model` takes. */
export const MODELS = {
  '7942': { ...old, product: 'CP-7942G', rsa2048Ms: [60_000, 600_000] },
  '7962': { ...old, product: 'CP-7962G', rsa2048Ms: [60_000, 600_000] },
  '8941': { ...old, product: 'CP-8941', rsa2048Ms: [20_000, 180_000] },
  '7821': { ...current, product: 'CP-7821', rsa2048Ms: [5_000, 60_000] },
  '8841': { ...current, product: 'CP-8841', rsa2048Ms: [3_000, 30_000] },
  '8845': { ...current, product: 'CP-8845', rsa2048Ms: [3_000, 30_000] },
  '8861': { ...current, product: 'CP-8861', rsa2048Ms: [3_000, 30_000] },
  CIPC: { ...old, hasMic: false, rsa2048Ms: [200, 3_000] },
  // Jabber: version 2, RSA only, no MIC, no PASSWORD element [CAPF-3.2].
  CSF: { ...current, protocolVersion: 2, hasMic: false, ec: false, rsa2048Ms: [100, 2_000] },
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
