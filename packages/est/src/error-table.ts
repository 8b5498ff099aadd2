import type { LibestErrorName } from './libest-errors.ts'

/** `libest` and `curl`: what programs of this field call the same failure, where they have a name or number for it. */
export type EstErrorRow = {
  readonly what: string
  readonly remedy: string
  readonly libest: LibestErrorName
  readonly curl?: number
}

/**
 * Every way in which an enrolment fails, and what keeps a registration authority from starting. Codes are stable; docs/errors.md
 * is made from here. The names of libest stand in the trace of CAPF, which is why each row has one [EST-6.1].
 */
export const EST_ERRORS = {
  EST_NAME_UNRESOLVABLE: {
    what: 'nobody knows the name of the EST server',
    remedy: 'check the name for typing errors, and the DNS server of this machine',
    libest: 'IP_GETADDR',
    curl: 6,
  },
  EST_CONNECT_REFUSED: {
    what: 'nothing listens on the port of the EST server',
    remedy: 'start the service (Cisco Certificate Enrollment Service: port 8084), or check the port',
    libest: 'IP_CONNECT',
    curl: 7,
  },
  EST_CONNECT_FAILED: {
    what: 'the EST server cannot be reached',
    remedy: 'check address and network',
    libest: 'IP_CONNECT',
    curl: 7,
  },
  EST_CONNECT_TIMEOUT: {
    what: 'the EST server did not accept the connection in time',
    remedy: 'check that no firewall swallows the packets; --connect-timeout-ms gives it longer',
    libest: 'IP_CONNECT',
    curl: 28,
  },
  EST_TLS_TIMEOUT: {
    what: 'the EST server did not finish the TLS handshake in time',
    remedy: 'look at the load of the server; --tls-timeout-ms gives it longer',
    libest: 'SSL_CONNECT',
    curl: 28,
  },
  EST_TLS_FAILED: {
    what: 'the TLS handshake with the EST server failed',
    remedy: 'check that the port speaks TLS 1.2 or newer, and that both sides have a cipher in common',
    libest: 'SSL_CONNECT',
    curl: 35,
  },
  EST_SERVER_NAME_MISMATCH: {
    what: 'the certificate of the EST server is for another host name',
    remedy: 'use a name that stands in the certificate, or give the server one with this name in its subjectAltName',
    libest: 'FQDN_MISMATCH',
    curl: 60,
  },
  EST_SERVER_CHAIN_INCOMPLETE: {
    what: 'the certificate of the EST server was issued by a CA that is not trusted',
    remedy: 'trust the root, or have the server send its intermediate certificates',
    libest: 'SSL_CONNECT',
    curl: 60,
  },
  EST_SERVER_ROOT_UNTRUSTED: {
    what: 'the chain of the EST server ends in a root that is not trusted',
    remedy: 'add this root to the trusted certificates if it is the right one',
    libest: 'SSL_CONNECT',
    curl: 60,
  },
  EST_SERVER_SELF_SIGNED: {
    what: 'the EST server presents a self-signed certificate that is not trusted',
    remedy: 'give the server a certificate of a CA, or trust this very one',
    libest: 'SSL_CONNECT',
    curl: 60,
  },
  EST_SERVER_NOT_YET_VALID: {
    what: 'a certificate of the EST server is not valid yet',
    remedy: 'compare the clocks of both machines (NTP)',
    libest: 'SSL_CONNECT',
    curl: 60,
  },
  EST_SERVER_EXPIRED: {
    what: 'a certificate of the EST server has expired',
    remedy: 'renew it, and compare the clocks of both machines (NTP)',
    libest: 'SSL_CONNECT',
    curl: 60,
  },
  EST_SERVER_CERTIFICATE_REFUSED: {
    what: 'the certificate of the EST server cannot be accepted',
    remedy: 'look at the detail: it may be revoked, or made for another purpose',
    libest: 'SSL_CONNECT',
    curl: 60,
  },
  EST_FINGERPRINT_MISMATCH: {
    what: 'no certificate that the EST server gave has the fingerprint that was expected',
    remedy: 'get the SHA-256 fingerprint of the CA from somebody you trust and compare; there may be another server in between',
    libest: 'CACERT_VERIFICATION',
  },
  EST_CLIENT_CERTIFICATE_REQUIRED: {
    what: 'the EST server wants a client certificate in the TLS handshake',
    remedy: 'give certificate and key that it trusts',
    libest: 'SSL_CONNECT',
    curl: 56,
  },
  EST_CLIENT_CERTIFICATE_REFUSED: {
    what: 'the EST server does not accept the client certificate',
    remedy: 'check that it has not expired, and that the server trusts its issuer',
    libest: 'SSL_CONNECT',
    curl: 56,
  },
  EST_WRITE_FAILED: {
    what: 'the EST server closed the connection while the request was sent',
    remedy: 'look at the log of the server; a registration authority that closes early is a known defect (CSCvf83629)',
    libest: 'HTTP_WRITE',
    curl: 55,
  },
  EST_NO_ANSWER: {
    what: 'the EST server closed the connection without an answer',
    remedy: 'look at the log of the server',
    libest: 'SSL_READ',
    curl: 52,
  },
  EST_CONNECTION_LOST: {
    what: 'the connection to the EST server broke before its answer was there',
    remedy: 'look at the log of the server and at the network between',
    libest: 'SYSCALL',
    curl: 56,
  },
  EST_READ_TIMEOUT: {
    what: 'the EST server did not answer in time',
    remedy: 'look at the CA behind it; --response-timeout-ms gives it longer',
    libest: 'SSL_READ',
    curl: 28,
  },
  EST_TRUNCATED: {
    what: 'the answer of the EST server ends before the length that it announced',
    remedy: 'look at proxies between, and at the log of the server',
    libest: 'BAD_CONTENT_LEN',
    curl: 18,
  },
  EST_TOO_LARGE: {
    what: 'the answer of the EST server is larger than it may be',
    remedy: 'check that this is an EST server; --max-response-bytes allows more',
    libest: 'BUF_EXCEEDS_MAX_LEN',
    curl: 63,
  },
  EST_NOT_HTTP: {
    what: 'the answer of the EST server is not HTTP',
    remedy: 'check address and port',
    libest: 'HTTP_UNSUPPORTED',
    curl: 1,
  },
  EST_BAD_CONTENT_TYPE: {
    what: 'the answer of the EST server is of a type that this operation does not have',
    remedy: 'check that the path leads to an EST server and not to a web page',
    libest: 'BAD_CONTENT_TYPE',
  },
  EST_BAD_BASE64: {
    what: 'the answer of the EST server is not base64',
    remedy: 'look at what the server sent; nothing of it was used',
    libest: 'BAD_BASE64',
  },
  EST_BAD_ANSWER: {
    what: 'the answer of the EST server cannot be read',
    remedy: 'look at what the server sent; nothing of it was used',
    libest: 'UNKNOWN',
  },
  EST_NO_CERTIFICATE: {
    what: 'the answer of the EST server holds no certificate',
    remedy: 'look at the log of the server and its CA',
    libest: 'NO_CERTS_FOUND',
  },
  EST_WRONG_CERTIFICATE: {
    what: 'none of the certificates that came is for the key of the request',
    remedy: 'look at the CA: it may have answered an older request, or that of somebody else',
    libest: 'NO_CERTIFICATE',
  },
  EST_AUTH_REQUIRED: {
    what: 'the EST server wants a user and a password',
    remedy: 'give --user and --password',
    libest: 'AUTH_FAIL',
  },
  EST_AUTH_UNSUPPORTED: {
    what: 'the EST server offers only ways to log in that are not known here',
    remedy: 'let it offer Basic or Digest, or use a client certificate',
    libest: 'AUTH_FAIL',
  },
  EST_AUTH_FAILED: {
    what: 'the EST server does not accept who asks',
    remedy:
      'check user and password; behind a CiscoRA check the name of the certificate template, too: it answers this way for a template that does not exist',
    libest: 'AUTH_FAIL',
  },
  EST_POP_UNAVAILABLE: {
    what: 'this connection has nothing that a request could be bound to',
    remedy: 'use TLS 1.2 for tls-unique (--tls-max-version TLSv1.2), or agree with the server on tls-exporter',
    libest: 'AUTH_FAIL_TLSUID',
  },
  EST_POP_NEEDS_KEY: {
    what: 'proof of possession is wanted, and a request that was signed elsewhere cannot have it',
    remedy: 'give the private key, or switch proof of possession off on both sides',
    libest: 'CSR_ALREADY_SIGNED',
  },
  EST_BAD_REQUEST: {
    what: 'the EST server does not accept the request',
    remedy: 'look at its detail: the CSR may be malformed, or of a key that the CA does not take',
    libest: 'HTTP_BAD_REQ',
  },
  EST_REFUSED: {
    what: 'the EST server refuses the certificate',
    remedy:
      'look at its detail, and at the policy of the CA; for a renewal subject and names must be those of the certificate in use',
    libest: 'HTTP_UNSUPPORTED',
  },
  EST_NOT_FOUND: {
    what: 'the EST server does not have this operation, or not under this label',
    remedy: 'check host, port and --label',
    libest: 'HTTP_NOT_FOUND',
  },
  EST_LOCKED: { what: 'the EST server is locked', remedy: 'try again later', libest: 'HTTP_LOCKED' },
  EST_REQUEST_TOO_LARGE: {
    what: 'the request is larger than the EST server takes',
    remedy: 'leave attributes out: a libest server takes 8192 bytes',
    libest: 'HTTP_UNSUPPORTED',
  },
  EST_RATE_LIMITED: {
    what: 'the EST server has had too many requests',
    remedy: 'wait as long as it says, and ask more slowly',
    libest: 'HTTP_UNSUPPORTED',
  },
  EST_PENDING: {
    what: 'the CA has not decided yet',
    remedy: 'ask again with the same request after the time that the server says; somebody may have to approve it',
    libest: 'CA_ENROLL_RETRY',
  },
  EST_SERVER_FAILED: {
    what: 'the EST server, or the CA behind it, failed',
    remedy: 'look at the log of the server',
    libest: 'UNKNOWN',
  },
  EST_UNEXPECTED_STATUS: {
    what: 'the EST server answered with a status that means nothing here',
    remedy: 'check that this is an EST server',
    libest: 'HTTP_UNSUPPORTED',
  },
  EST_REDIRECT_REFUSED: {
    what: 'the EST server sends the request elsewhere, where it may not go by itself',
    remedy: 'use the new address if it is the right one',
    libest: 'HTTP_UNSUPPORTED',
    curl: 47,
  },
  EST_ABORTED: {
    what: 'the caller ended the enrolment',
    remedy: 'the CA may have issued all the same',
    libest: 'UNKNOWN',
    curl: 42,
  },
  EST_TRUST_INVALID: {
    what: 'there is nothing to know the EST server by',
    remedy: 'give the certificate of its CA, a fingerprint, or say that the roots of this system count',
    libest: 'LOAD_TRUST_CERTS',
    curl: 77,
  },
  EST_CREDENTIAL_INVALID: {
    what: 'certificate and key cannot be used for TLS',
    remedy: 'give a certificate with its own key',
    libest: 'CLIENT_INVALID_KEY',
    curl: 58,
  },
  EST_FOLDER_UNUSABLE: {
    what: 'the folder of the offline CA cannot be used',
    remedy: 'check that it is a folder that this user may read and write',
    libest: 'UNKNOWN',
  },
} as const satisfies Record<string, EstErrorRow>

export type EstErrorCode = keyof typeof EST_ERRORS
