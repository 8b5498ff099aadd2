import { CERTIFICATE_TYPE, type CertificateValue } from '@capfkit/codec/capf'
import { certificateNamesDevice, parseCertificate, validateChain } from '@capfkit/pki'
import type { Trust } from './authentication.ts'
import type { Device } from './device.ts'

/** What a troubleshoot operation asks for, one FETCH_CERTIFICATE_REQUEST each; `undefined` leaves the choice to the phone. */
export const FETCH_TYPES = {
  any: [undefined],
  lsc: [CERTIFICATE_TYPE.LSC],
  mic: [CERTIFICATE_TYPE.MIC],
  both: [CERTIFICATE_TYPE.LSC, CERTIFICATE_TYPE.MIC],
} as const

export type FetchedInput = { device: Device; certificate: CertificateValue; trust: Trust; at: Date }

/**
 * Is a certificate that a phone gave on a troubleshoot operation the one that it should have? [CAPF-4.3]
 *
 * The LSC that is on record must be the same; a MIC, or an LSC that was installed before this store existed, must chain to
 * an issuer that is trusted and name the device. `detail` says what it is, or what is wrong.
 */
export const checkFetched = ({ device, certificate, trust, at }: FetchedInput): { ok: boolean; isMic: boolean; detail: string } => {
  let isMic = certificate.certificateType === CERTIFICATE_TYPE.MIC
  try {
    const onRecord = device.certificate?.certificateDer
    if (!isMic && onRecord?.equals(certificate.certificateDer)) return { ok: true, isMic, detail: 'LSC, as issued' }
    const parsed = parseCertificate(certificate.certificateDer)
    isMic ||= trust.mic.withSubject(parsed.issuerDer).length > 0
    if (!isMic && onRecord) return { ok: false, isMic, detail: 'the phone holds another LSC than the one that was issued' }
    if (!certificateNamesDevice(parsed, device.name)) return { ok: false, isMic, detail: 'the certificate is of another device' }
    const chain = validateChain({ leaf: parsed, trusted: isMic ? trust.mic : trust.lsc, at })
    // A certificate past its date is worth knowing of, and no reason to call the fetch a failure: it is what the phone holds.
    if (!chain.ok && chain.code !== 'CHAIN_EXPIRED') return { ok: false, isMic, detail: `${chain.code}: ${chain.detail}` }
    return { ok: true, isMic, detail: `${isMic ? 'MIC' : 'LSC'}, valid until ${parsed.notAfter.toISOString()}` }
  } catch (error) {
    return { ok: false, isMic, detail: error instanceof Error ? error.message : String(error) }
  }
}
