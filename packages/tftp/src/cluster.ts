import type { PhoneConfig } from '@capfkit/codec/config'
import type { Version } from '@capfkit/codec/tlv'
import {
  buildTrustList,
  type CertificateAndKey,
  FileSigner,
  type ListProfileName,
  profileRecords,
  type RoleCertificates,
  type SigningDigest,
} from '@capfkit/pki'

/** What is the same for all phones of a cluster. */
export type Cluster = {
  /** Signs configuration files; in the lists as CCM+TFTP. RSA. */
  readonly tftp: CertificateAndKey
  /** Signs the lists. Default: the TFTP certificate does, as in clusters up to release 11.5 [TRUST-6]. */
  readonly recovery?: CertificateAndKey
  /** Further certificates of the lists, DER, by their role: CAPF, TVS, other TFTP servers. */
  readonly certificates?: RoleCertificates
  /** The EC certificate of HTTPS: in the lists as TFTP, and the header of the lists tells of it. */
  readonly httpsCertificateDer?: Buffer
  /** Cluster security mode: only then there is a CTL. */
  readonly isMixed?: boolean
  /** Default: `full`. A CTL always is. */
  readonly listProfile?: ListProfileName
  /** Of all signatures. Default: `sha1`, which every phone knows. */
  readonly digest?: SigningDigest
  /** What stands in the configuration of every phone; the phone's own elements go before. */
  readonly config: PhoneConfig
}

/** A cluster that is ready to make files. */
export type ReadyCluster = {
  readonly cluster: Cluster
  readonly configSigner: FileSigner
  readonly itl: Buffer
  readonly ctl: Buffer | undefined
}

/** Tells phones of HTTPS 6971 [TRUST-2]. */
const HTTPS_SIGNER: Version = { major: 1, minor: 1 }

const unique = (certificates: readonly (Buffer | undefined)[]): Buffer[] =>
  certificates.filter(
    (der, index): der is Buffer => der !== undefined && certificates.findIndex(other => other?.equals(der)) === index,
  )

const recordsOf = ({ tftp, recovery, certificates = {}, httpsCertificateDer }: Cluster): RoleCertificates => ({
  ...certificates,
  // The signer of the configurations may sign the next list too: that is how phones come over from one signer to the other.
  SAST: unique([recovery?.certificateDer, tftp.certificateDer, ...(certificates.SAST ?? [])]),
  'CCM+TFTP': unique([tftp.certificateDer, ...(certificates['CCM+TFTP'] ?? [])]),
  TFTP: unique([httpsCertificateDer, ...(certificates.TFTP ?? [])]),
})

/**
 * Sign the lists of a cluster.
 *
 * @throws {PkiError} `PKI_SIGNER_KEY`, `PKI_KEY_MISMATCH`, `PKI_BAD_CERTIFICATE`, `PKI_TOO_MANY_SAST`.
 */
export const readyCluster = async (cluster: Cluster, timestamp: Date): Promise<ReadyCluster> => {
  const { tftp, recovery, isMixed = false, listProfile = 'full', digest = 'sha1', httpsCertificateDer } = cluster
  const configSigner = new FileSigner(tftp)
  const signer = recovery ? new FileSigner(recovery) : configSigner
  const certificates = recordsOf(cluster)
  const list = (fileName: string, profile: ListProfileName) =>
    buildTrustList({
      records: profileRecords(certificates, profile),
      signer,
      digest,
      fileName,
      timestamp,
      ...(httpsCertificateDer ? { signerVersion: HTTPS_SIGNER } : {}),
    })
  return {
    cluster,
    configSigner,
    itl: await list('ITLFile.tlv', listProfile),
    ctl: isMixed ? await list('CTLFile.tlv', 'full') : undefined,
  }
}
