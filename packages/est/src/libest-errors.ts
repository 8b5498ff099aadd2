/**
 * What a libest program calls its errors: `EST_ERROR` by number, 0 to 54, the same in releases 2.1 to 3.2.0 [EST-6.1]. The trace
 * of CAPF and the log of a registration authority print number and name.
 */
export const LIBEST_ERRORS = [
  ...['NONE', 'NO_CTX', 'NO_CSR', 'NO_CERT', 'NO_KEY', 'INVALID_PARAMETERS', 'LOAD_CACERTS', 'LOAD_TRUST_CERTS', 'BAD_MODE'],
  ...['BAD_PKCS10', 'HTTP_WRITE', 'HTTP_UNSUPPORTED', 'HTTP_CANNOT_BUILD_HEADER', 'HTTP_BAD_REQ', 'HTTP_NOT_FOUND'],
  ...['HTTP_NO_CONTENT', 'HTTP_LOCKED', 'HTTP_INVALID_PATH_SEGMENT', 'HTTP_PATH_SEGMENT_NOT_SUPPORTED', 'BAD_CONTENT_TYPE'],
  ...['BAD_CONTENT_LEN', 'NO_SSL_CTX', 'AUTH_FAIL', 'AUTH_FAIL_TLSUID', 'AUTH_PENDING', 'CA_ENROLL_FAIL', 'CA_ENROLL_RETRY'],
  ...['WRONG_METHOD', 'X509_SIGN', 'X509_VER', 'X509_CN', 'X509_ATTR', 'X509_PUBKEY', 'MALLOC', 'SSL_WRITE', 'SSL_READ', 'SSL_NEW'],
  ...['SSL_CTX_NEW', 'SSL_CONNECT', 'SSL_CIPHER_LIST', 'PEM_READ', 'NULL_CALLBACK', 'IP_GETADDR', 'IP_CONNECT'],
  ...['INVALID_SERVER_NAME', 'INVALID_PORT_NUM', 'CLIENT_INVALID_KEY', 'CLIENT_NOT_INITIALIZED', 'ZERO_LENGTH_BUF'],
  ...['READ_BUFFER_TOO_SMALL', 'BUF_EXCEEDS_MAX_LEN', 'NO_CERTIFICATE', 'NO_CERTS_FOUND', 'FQDN_MISMATCH', 'SYSCALL'],
] as const

const SINCE_2_1 = [
  ...['CSR_ALREADY_SIGNED', 'CSR_ATTR_MISSING', 'INVALID_DIGEST', 'CACERT_VERIFICATION', 'INVALID_TOKEN', 'INVALID_RETRY_VALUE'],
  ...['BAD_X509', 'BAD_BASE64', 'BAD_ASN1_HEX', 'BAD_ASN1_HEX_TOO_SHORT', 'BAD_ASN1_HEX_TOO_LONG', 'SRP_STRENGTH_LOW'],
  ...['SRP_USERID_BAD', 'SRP_PWD_BAD', 'CB_FAILED', 'CLIENT_PROXY_MODE_NOT_SUPPORTED', 'INVALID_CLIENT_PROXY_PROTOCOL'],
  'INVALID_CLIENT_PROXY_AUTH',
] as const

const SINCE_3_2 = [
  ...['CLIENT_BRSKI_MODE_NOT_SUPPORTED', 'CLIENT_COAP_MODE_NOT_SUPPORTED', 'CLIENT_BRSKI_NO_VOUCHER', 'CLIENT_BRSKI_NONCE_MISSING'],
  ...['CLIENT_BRSKI_NONCE_MISMATCH', 'CLIENT_BRSKI_NONCE_TOO_LARGE', 'CLIENT_BRSKI_SERIAL_NUM_MISSING'],
  ...['CLIENT_BRSKI_SERIAL_NUM_MISMATCH', 'CLIENT_BRSKI_SERIAL_NUM_TOO_LARGE', 'CLIENT_BRSKI_VOUCHER_VERIFY_FAILED', 'BAD_KEY'],
  ...['MULTIPART_PARSE', 'ENC_PRIV_KEY_CMS', 'CMS_TYPE_CONVERSION', 'EXPORT_KEY_MATERIAL', 'VALIDATION', 'COAP_INIT_FAIL'],
  ...['COAP_PROCESSING_ERROR', 'SERVER_ALREADY_OPERATIONAL'],
] as const

/** From 55 on the numbers depend on the release: a reader of logs should go by the name. */
export const LIBEST_RELEASES = {
  '2.1': [...LIBEST_ERRORS, ...SINCE_2_1, 'UNKNOWN'],
  '3.2.0': [...LIBEST_ERRORS, 'ALREADY_ENABLED', 'ALREADY_DISABLED', ...SINCE_2_1, ...SINCE_3_2, 'UNKNOWN'],
} as const

export type LibestRelease = keyof typeof LIBEST_RELEASES
export type LibestErrorName = (typeof LIBEST_ERRORS)[number] | (typeof SINCE_2_1)[number] | (typeof SINCE_3_2)[number] | 'UNKNOWN'

/** An error as libest prints it, e.g. `{ number: 22, name: 'EST_ERR_AUTH_FAIL' }`. */
export type LibestError = { readonly number: number; readonly name: `EST_ERR_${string}` }

/** Number and name of an error. One that the release does not have is its `UNKNOWN`. */
export const libestError = (name: LibestErrorName, release: LibestRelease = '2.1'): LibestError => {
  const names: readonly string[] = LIBEST_RELEASES[release]
  const found = names.indexOf(name)
  return { number: found < 0 ? names.length - 1 : found, name: `EST_ERR_${found < 0 ? 'UNKNOWN' : name}` }
}

/** `22 (EST_ERR_AUTH_FAIL)`, as it stands in logs. */
export const formatLibestError = ({ number, name }: LibestError): string => `${number} (${name})`
