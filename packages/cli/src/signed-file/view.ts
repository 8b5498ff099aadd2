import { createHash } from 'node:crypto'
import { DIGESTS, type Header, type ParsedTrustList, roleName, type TrustRecord, type Version } from '@capfkit/codec/tlv'
import { parseCertificate } from '@capfkit/pki'

export const digestHex = (algorithm: 'md5' | 'sha1', data: Buffer): string => createHash(algorithm).update(data).digest('hex')

const hex = (bytes: Buffer | undefined) => bytes?.toString('hex')
const versionText = (version: Version | undefined) => version && `${version.major}.${version.minor}`
const digestName = (number: number | undefined) =>
  number === undefined ? undefined : ((DIGESTS as Readonly<Record<number, string>>)[number] ?? number)

/** A header as data: bytes as hexadecimal, a key or signature as its length. What is not there is left out by JSON. */
export const headerView = (header: Header) => ({
  version: versionText(header.version),
  headerLength: header.headerLength,
  signerVersion: versionText(header.signerVersion),
  signer: { name: header.signer.name, issuerName: header.signer.issuerName, serialNumber: hex(header.signer.serialNumber) },
  digest: digestName(header.signatureInfo.digest),
  signatureBytes: header.signature.length,
  fileName: header.fileName,
  timestamp: header.timestamp === undefined ? undefined : new Date(header.timestamp * 1000).toISOString(),
  encryption: header.encryption && {
    keySizeBits: header.encryption.key.keySizeBits,
    paddingBytes: header.encryption.content.paddingBytes,
    contentDigest: hex(header.contentDigest),
  },
})

const datesOf = (der: Buffer) => {
  try {
    const { notBefore, notAfter } = parseCertificate(der)
    return { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() }
  } catch {
    return {}
  }
}

const recordView = (record: TrustRecord, index: number) => ({
  record: index + 1,
  recordLength: record.recordLength,
  role: roleName(record.role) ?? record.role,
  dnsName: record.dnsName,
  ipAddress: record.ipAddress,
  subjectName: record.subjectName,
  issuerName: record.issuerName,
  serialNumber: hex(record.serialNumber),
  publicKeyBytes: record.publicKey?.length,
  signatureBytes: record.signature?.length,
  certificate: record.certificateDer && {
    bytes: record.certificateDer.length,
    sha1: digestHex('sha1', record.certificateDer),
    ...datesOf(record.certificateDer),
  },
  certificateHash: hex(record.certificateHash),
  hashAlgorithm: digestName(record.hashAlgorithm),
})

/** A list as data, for `--json`. */
export const listView = ({ headers, records }: ParsedTrustList) => ({
  headers: headers.map(headerView),
  records: records.map(recordView),
})
