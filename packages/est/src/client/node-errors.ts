import { EstError, type EstErrorCode, quoted } from '../errors.ts'

/** How far a request has come when something breaks. */
export type Stage = 'connect' | 'tls' | 'send' | 'read'

type Row = { readonly code: EstErrorCode; readonly node: readonly string[]; readonly stages?: readonly Stage[] }

/**
 * What an error of Node, the operating system or OpenSSL means, by its code; the first row that fits counts. The codes were
 * measured beside the numbers of curl [EST-6.2].
 */
export const NODE_ERRORS: readonly Row[] = [
  { code: 'EST_NAME_UNRESOLVABLE', node: ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'ESERVFAIL'] },
  { code: 'EST_CONNECT_REFUSED', node: ['ECONNREFUSED'] },
  { code: 'EST_CONNECT_TIMEOUT', node: ['ETIMEDOUT'], stages: ['connect'] },
  { code: 'EST_SERVER_NAME_MISMATCH', node: ['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT', 'HOSTNAME_MISMATCH'] },
  {
    code: 'EST_SERVER_CHAIN_INCOMPLETE',
    node: ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT'],
  },
  { code: 'EST_SERVER_ROOT_UNTRUSTED', node: ['SELF_SIGNED_CERT_IN_CHAIN'] },
  { code: 'EST_SERVER_SELF_SIGNED', node: ['DEPTH_ZERO_SELF_SIGNED_CERT'] },
  { code: 'EST_SERVER_NOT_YET_VALID', node: ['CERT_NOT_YET_VALID'] },
  { code: 'EST_SERVER_EXPIRED', node: ['CERT_HAS_EXPIRED'] },
  {
    code: 'EST_SERVER_CERTIFICATE_REFUSED',
    node: [
      ...['CERT_SIGNATURE_FAILURE', 'CERT_CHAIN_TOO_LONG', 'CERT_REVOKED', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED'],
      ...['INVALID_PURPOSE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'ERROR_IN_CERT_NOT_BEFORE_FIELD'],
      ...['ERROR_IN_CERT_NOT_AFTER_FIELD', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE'],
      ...['ERR_SSL_CERTIFICATE_VERIFY_FAILED'],
    ],
  },
  // In TLS 1.3 the client is done before the server has looked at its certificate, so these come later, too.
  {
    code: 'EST_CLIENT_CERTIFICATE_REQUIRED',
    node: ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED'],
  },
  {
    code: 'EST_CLIENT_CERTIFICATE_REFUSED',
    node: [
      ...['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED'],
      ...['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN'],
      ...['ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED'],
    ],
  },
  { code: 'EST_TRUNCATED', node: ['HPE_INVALID_EOF_STATE'] },
  { code: 'EST_ABORTED', node: ['ABORT_ERR'] },
]

/** What anything else means, by how far the request had come. */
const OTHERWISE: Readonly<Record<Stage, EstErrorCode>> = {
  connect: 'EST_CONNECT_FAILED',
  tls: 'EST_TLS_FAILED',
  send: 'EST_WRITE_FAILED',
  read: 'EST_CONNECTION_LOST',
}

const codeFor = (error: Error & { code?: string; syscall?: string }, stage: Stage): EstErrorCode => {
  const { code = '' } = error
  const row = NODE_ERRORS.find(({ node, stages }) => node.includes(code) && (stages === undefined || stages.includes(stage)))
  if (row) return row.code
  if (stage === 'connect' || stage === 'tls') return OTHERWISE[stage]
  if (code.startsWith('HPE_')) return 'EST_NOT_HTTP'
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return 'EST_TLS_FAILED'
  if (code === 'EPIPE' || error.syscall === 'write') return 'EST_WRITE_FAILED'
  // "socket hang up": the other side closed in order, which is no error of the operating system.
  if (code === 'ECONNRESET' && error.syscall === undefined) return stage === 'send' ? 'EST_WRITE_FAILED' : 'EST_NO_ANSWER'
  return OTHERWISE[stage]
}

/** An error of Node as one of ours: never a bare ECONNRESET. The words in brackets are Node's and OpenSSL's. */
export const estErrorOf = (cause: unknown, { stage, where }: { stage: Stage; where: string }): EstError => {
  if (cause instanceof EstError) return cause
  const error: Error & { code?: string; reason?: string } = cause instanceof Error ? cause : new Error(String(cause))
  // A name with several addresses fails with an AggregateError, which has a code and no words.
  const words = error.reason ?? (error.message === '' ? (error.code ?? error.name) : error.message)
  return new EstError(codeFor(error, stage), { where, detail: quoted(words), cause })
}
