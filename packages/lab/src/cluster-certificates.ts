import { type CertificateAndKey, certificateAndKey, type KeySpec, newCapfCa, newServiceCertificate } from '@capfkit/pki'

/** Certificate and key of every service of a cluster. */
export type ClusterCertificates = Readonly<Record<'capf' | 'recovery' | 'tftp' | 'tvs' | 'ra', CertificateAndKey>>

/** What every name ends in, as a publisher writes it. */
const PLACE = [
  { type: 'OU', value: 'Laboratory' },
  { type: 'O', value: 'capfkit' },
  { type: 'C', value: 'US' },
] as const

const RSA_2048: KeySpec = { type: 'rsa', bits: 2048 }
/** A registration authority is known by name over HTTPS. */
const LOOPBACK = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] }

/** A cluster of one node, freshly installed: everything self-signed, each with a key of its own. */
export const newClusterCertificates = async (now: () => Date): Promise<ClusterCertificates> => {
  const service = async (name: string, subjectAltName?: typeof LOOPBACK) => {
    const subject = [{ type: 'CN' as const, value: name }, ...PLACE]
    const { certificateDer, keyPair } = await newServiceCertificate({
      subject,
      keySpec: RSA_2048,
      now,
      ...(subjectAltName ? { subjectAltName } : {}),
    })
    return certificateAndKey(certificateDer, keyPair.privateKey)
  }
  const capf = newCapfCa({ now, organization: 'capfkit', organizationalUnit: 'Laboratory', country: 'US' })
  const [recovery, tftp, tvs, ra] = await Promise.all([
    service('ITLRECOVERY_lab'),
    service('lab-pub'),
    service('lab-pub-tvs'),
    service('localhost', LOOPBACK),
  ])
  const { certificateDer, keyPair } = await capf
  return { capf: certificateAndKey(certificateDer, keyPair.privateKey), recovery: recovery!, tftp: tftp!, tvs: tvs!, ra: ra! }
}
