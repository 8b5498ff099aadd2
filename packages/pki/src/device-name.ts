import { isDeviceName, sameDeviceName } from '@capfkit/codec/capf'
import type { Certificate } from './certificate.ts'

/** The CN of a phone that has a MIC: model, then MAC address, e.g. `CP-7962G-SEP001122334455`. */
const WITH_MODEL = /^CP-[A-Za-z0-9-]+-(SEP[0-9A-F]{12})$/i

/** The device that a common name speaks of: `SEP…` in `CP-<model>-SEP…`, else the name itself if it can be a device name [CAPF-3.5]. */
export const deviceNameOf = (commonName: string): string | undefined => {
  const sep = WITH_MODEL.exec(commonName)?.[1]
  return sep ?? (isDeviceName(commonName) ? commonName : undefined)
}

/**
 * Whether a certificate was issued to this device, compared without case. A subject with several common names speaks of no
 * device: a checker that takes the first and one that takes the last would disagree.
 */
export const certificateNamesDevice = (certificate: Pick<Certificate, 'subject'>, deviceName: string): boolean => {
  const [only, ...others] = certificate.subject.filter(({ type }) => type === 'CN')
  const named = only && others.length === 0 ? deviceNameOf(only.value) : undefined
  return named !== undefined && sameDeviceName(named, deviceName)
}
