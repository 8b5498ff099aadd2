import { CodedError, causeWords } from '@capfkit/codec/errors'
import type { CurlFailure } from './curl-failures.ts'

/**
 * Every failure of AD CS web enrolment: code, sentence, what to do. Codes are stable; docs/errors.md is made from here. What
 * curl would have said is beside each instance: see `CURL_FAILURES`.
 */
export const ADCS_ERRORS = {
  ADCS_NAME_UNKNOWN: {
    what: 'the host name of the CA cannot be resolved',
    remedy: 'correct the Online CA host name, or the DNS that this machine asks',
  },
  ADCS_REFUSED: { what: 'nothing listens at this address', remedy: 'start IIS on the CA, or correct host name and port' },
  ADCS_UNREACHABLE: { what: 'there is no way to this address', remedy: 'check routes and firewalls between here and the CA' },
  ADCS_CONNECT_TIMEOUT: {
    what: 'nobody answered when a connection was opened',
    remedy: 'check firewalls between here and the CA, and that its port is open',
  },
  ADCS_TLS_TIMEOUT: { what: 'the TLS handshake was not finished in time', remedy: 'check that HTTPS is spoken at this port' },
  ADCS_TLS_UNKNOWN_ISSUER: {
    what: 'the certificate of the web server is not trusted: its root or an intermediate certificate is missing here',
    remedy: 'add root and intermediate certificates of the IIS certificate to the trusted ones (CAPF-trust and CallManager-trust)',
  },
  ADCS_TLS_SELF_SIGNED: {
    what: 'the web server shows a self-signed certificate, which this use does not allow, trusted or not',
    remedy: 'give IIS a certificate that a CA has issued',
  },
  ADCS_TLS_NAME: {
    what: 'the certificate of the web server is for another name',
    remedy: 'use the name in the certificate as the Online CA host name, or give IIS a certificate for this one',
  },
  ADCS_TLS_NOT_YET_VALID: {
    what: 'the certificate of the web server, or of its CA, is not valid yet',
    remedy: 'compare the clocks of both machines (NTP)',
  },
  ADCS_TLS_EXPIRED: {
    what: 'the certificate of the web server, or of its CA, has expired',
    remedy: 'renew it; or compare the clocks of both machines (NTP)',
  },
  ADCS_TLS_CERTIFICATE: {
    what: 'the certificate of the web server is refused',
    remedy: 'look at the cause, and give IIS another one',
  },
  ADCS_TLS_CLIENT_CERTIFICATE: {
    what: 'the web server demands a client certificate',
    remedy: 'set client certificates to Ignore or Accept for /certsrv in IIS',
  },
  ADCS_TLS_FAILED: { what: 'the TLS handshake failed', remedy: 'check that HTTPS is spoken at this port, and its TLS versions' },
  ADCS_LOGIN_TIMEOUT: {
    what: 'the CA gave no answer in time to the login',
    remedy: 'look at the load of IIS and of its domain controller; or allow more time',
  },
  ADCS_ANSWER_TIMEOUT: {
    what: 'the CA took the login and then gave no answer in time',
    remedy: 'look at the load of the CA; the request may have been fulfilled all the same',
  },
  ADCS_CONNECTION_LOST: {
    what: 'the connection ended before the answer was complete',
    remedy: 'look at the IIS log and at what stands between here and the CA; try again',
  },
  ADCS_SESSION_LOST: {
    what: 'the connection of the login was closed by the other side, and another one is not logged in',
    remedy: 'let load balancers keep a client on one server and IIS keep connections alive',
  },
  ADCS_BAD_HTTP: { what: 'the answer is no valid HTTP', remedy: 'check that a web server listens at this port' },
  ADCS_ANSWER_TOO_LARGE: { what: 'the answer is larger than is allowed', remedy: 'check that this is a CA; raise maxBodyBytes' },
  ADCS_NO_SCHEME: {
    what: 'the web server offers no way to log in that is allowed here',
    remedy: 'enable Windows Authentication with the NTLM provider for /certsrv, or allow Basic on both sides',
  },
  ADCS_LOGIN_REJECTED: {
    what: 'the CA refused user name or password',
    remedy:
      'check both, and the form of the name (DOMAIN\\user); where they are right, Extended Protection may be demanded: see the IIS log',
  },
  ADCS_LOGIN_LOST: {
    what: 'the CA forgot the login within one connection',
    remedy: 'set authPersistSingleRequest to false in IIS',
  },
  ADCS_FORBIDDEN: {
    what: 'the user may not use this page',
    remedy: 'give the user the right to /certsrv, and to request certificates',
  },
  ADCS_NTLM_MALFORMED: {
    what: 'the NTLM challenge of the web server cannot be read',
    remedy: 'look at what stands between here and IIS',
  },
  ADCS_NO_CERTSRV: {
    what: 'there is no web enrolment at this address',
    remedy: 'install the role Certification Authority Web Enrollment, or name the machine that has it',
  },
  ADCS_REDIRECTED: { what: 'the web server sends its clients elsewhere', remedy: 'name the address that it redirects to' },
  ADCS_HTTP_STATUS: { what: 'the web server answered with an error', remedy: 'look at the IIS log at this time' },
  ADCS_TEMPLATE_NAME: {
    what: 'this cannot be the name of a template or attribute: line breaks would add attributes to the request',
    remedy: 'give the name (cn) of the template, without control characters',
  },
  ADCS_TEMPLATE_UNKNOWN: {
    what: 'the CA offers this user no template of this name; the login was good',
    remedy: 'give the name of the template, not its display name; publish it at the CA; give the user Enroll on it',
  },
  ADCS_BAD_CSR: { what: 'the certificate request cannot be sent', remedy: 'make it anew: PKCS#10, DER' },
  ADCS_REQUEST_FAILED: { what: 'the CA could not process the request', remedy: 'look at its words, and at its event log' },
  ADCS_REQUEST_UNKNOWN: { what: 'the CA knows no request of this number', remedy: 'ask the CA that took the request' },
  ADCS_PAGE_UNKNOWN: {
    what: 'the page of the CA says neither issued, nor pending, nor denied',
    remedy: 'look at the page in a browser, logged in as the same user',
  },
  ADCS_NO_CERTIFICATE: { what: 'the answer holds no certificate where one must be', remedy: 'look at the page in a browser' },
  ADCS_WRONG_CERTIFICATE: {
    what: 'the certificate is for another key: it answers another request',
    remedy: 'keep it aside as stale, and ask again',
  },
  ADCS_CA_NAME: {
    what: 'the common name of the CA holds CAPF-, by which phones and CUCM tell CAPF certificates',
    remedy: 'use a CA with another name',
  },
  ADCS_KEY_USAGE: {
    what: 'the certificate lacks digitalSignature or keyEncipherment: a phone can store it, and fails to register securely',
    remedy: 'set both in the template',
  },
  ADCS_PENDING: { what: 'the request waits for an officer of the CA', remedy: 'have it approved, and ask again with its number' },
  ADCS_DENIED: { what: 'the CA denied the request', remedy: 'look at its words; the request must be made anew' },
  ADCS_TEMPLATE_SYNTAX: {
    what: 'this describes no template',
    remedy: 'write NAME, or NAME=issue|pend|deny with /min:BITS /usage:unfit /delay:MS behind it',
  },
  ADCS_FAULT_SYNTAX: { what: 'this describes no fault', remedy: 'write STEP=FAULT, such as certfnsh=silent' },
} as const

export type AdcsErrorCode = keyof typeof ADCS_ERRORS

/** A failure of web enrolment; `where` names the URL, template or thing. */
export class AdcsError extends CodedError<AdcsErrorCode> {
  override readonly name = 'AdcsError'
  /** What curl says in its place, where curl would have failed: for logs that are read beside those of the product. */
  readonly curl: CurlFailure | undefined

  constructor(code: AdcsErrorCode, where: string, options: { detail?: string; curl?: CurlFailure; cause?: unknown } = {}) {
    const { what, remedy } = ADCS_ERRORS[code]
    const { cause, curl } = options
    const detail = options.detail ?? curl?.words ?? causeWords(options)
    super(code, { where, what, detail, remedy }, cause === undefined ? {} : { cause })
    this.curl = curl
  }
}
