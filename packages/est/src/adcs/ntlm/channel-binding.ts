import { hash } from 'node:crypto'
import { serverEndPoint } from '@capfkit/pki'

const PREFIX = Buffer.from('tls-server-end-point:', 'latin1')
/** Type and length of both addresses of gss_channel_bindings_struct, which are empty (MS-NLMP 3.1.1.2, RFC 4121 §4.1.1.2). */
const NO_ADDRESSES = Buffer.alloc(16)

/** The value of MsvAvChannelBindings for a `tls-server-end-point` hash: MD5, 16 bytes. */
export const channelBindingOf = (endPoint: Buffer): Buffer => {
  const data = Buffer.concat([PREFIX, endPoint])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return hash('md5', Buffer.concat([NO_ADDRESSES, length, data]), 'buffer')
}

/** The same for the certificate that a TLS server shows. @throws {PkiError} `PKI_BAD_CERTIFICATE` */
export const channelBinding = (serverCertificateDer: Buffer): Buffer => channelBindingOf(serverEndPoint(serverCertificateDer))
