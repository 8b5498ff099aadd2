import { createSelfSigned, type DistinguishedName, derToPem, generateKeyPair, type KeyPair, privateKeyPem } from '@capfkit/pki'
import type { CertificationAuthority } from './authority.ts'

/** Certificate of the web server with its chain, and its key, PEM. */
export type WebCertificate = { readonly certificatePem: string; readonly keyPem: string }

type Making = {
  readonly authority: CertificationAuthority
  readonly host: string
  readonly keyPair: KeyPair
  readonly now: () => Date
}

const DAY_MS = 86_400_000
const LOOPBACK = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] }
const subjectOf = (host: string): DistinguishedName => [{ type: 'CN', value: host }]

const issued = async ({ authority, host, keyPair, now }: Making, at?: { shiftMs: number; days: number }): Promise<Buffer> => {
  const shifted = at && { now: () => new Date(now().getTime() + at.shiftMs), days: at.days }
  const { certificateDer } = await authority.issue({
    profile: 'webServer',
    subject: subjectOf(host),
    publicKeyDer: keyPair.publicKeyDer,
    subjectAltName: { ...LOOPBACK, dns: [...new Set([host, ...LOOPBACK.dns])] },
    ...shifted,
  })
  return certificateDer
}

const withChain = async (making: Making, at?: { shiftMs: number; days: number }) => [
  await issued(making, at),
  ...making.authority.intermediates,
]

/** What IIS may show: the right certificate, and each wrong one that a log of the product tells of [ADCS-6.3]. */
export const WEB_CERTIFICATES = {
  good: { doc: 'issued by the CA, with its chain', make: making => withChain(making) },
  'leaf-only': { doc: 'issued by the CA, without an intermediate certificate', make: async making => [await issued(making)] },
  'self-signed': {
    doc: 'self-signed',
    make: async ({ host, keyPair, now }) => [
      await createSelfSigned({
        profile: 'webServer',
        subject: subjectOf(host),
        keyPair,
        notBefore: new Date(now().getTime() - 3_600_000),
        subjectAltName: { ...LOOPBACK, dns: [...new Set([host, ...LOOPBACK.dns])] },
      }),
    ],
  },
  'wrong-name': {
    doc: 'for the short name of the server only, in its subject',
    make: async ({ authority, host, keyPair }) => {
      const [label] = host.split('.', 1)
      const short = label === host ? `${host}-iis` : label!
      const { certificateDer } = await authority.issue({
        profile: 'webServer',
        subject: subjectOf(short),
        publicKeyDer: keyPair.publicKeyDer,
      })
      return [certificateDer, ...authority.intermediates]
    },
  },
  expired: { doc: 'expired a month ago', make: making => withChain(making, { shiftMs: -60 * DAY_MS, days: 30 }) },
  'not-yet-valid': { doc: 'valid from tomorrow on', make: making => withChain(making, { shiftMs: DAY_MS + 3_600_000, days: 30 }) },
} as const satisfies Record<string, { doc: string; make: (making: Making) => Promise<readonly Buffer[]> }>

export type WebCertificateKind = keyof typeof WEB_CERTIFICATES

/** A new key and a certificate of this kind for it. */
export const makeWebCertificate = async (kind: WebCertificateKind, making: Omit<Making, 'keyPair'>): Promise<WebCertificate> => {
  const keyPair = await generateKeyPair({ type: 'rsa', bits: 2048 })
  const chain = await WEB_CERTIFICATES[kind].make({ ...making, keyPair })
  return { certificatePem: derToPem(chain), keyPem: privateKeyPem(keyPair.privateKey) }
}
