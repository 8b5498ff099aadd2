import type { FindingRow } from './row.ts'
import { CAPF_TRACE_OF_SESSION, NAME_LOOKUP, NTP_STATUS, SERVICE_LIST, TRUSTED_CERTIFICATES } from './to-collect.ts'

const ERROR_LOG = 'error.log of the Cisco Certificate Enrollment Service (/usr/local/thirdparty/nginx/install/logs)'
const NGINX = 'nginx*.txt (cm/trace/capf/sdi) from the last start of the service'
const IIS_LOG = 'the IIS log of the CA (u_ex*.log) of the same minute'
const IIS_CERTIFICATE = '`openssl s_client -connect CA:443 -showcerts`'

/** Between CAPF, its registration authority (CES) and the web enrolment of the CA. */
export const ONLINE_CA_FINDINGS = {
  'iis-chain-missing': {
    severity: 'error',
    explanation:
      'the registration authority does not trust the certificate of the CA web server: its root or an intermediate is missing (a self-signed certificate looks the same in this log)',
    cure: 'upload root and intermediates of the IIS certificate as CAPF-trust and CallManager-trust, then restart CAPF and the enrolment service',
    collectNext: [IIS_CERTIFICATE, TRUSTED_CERTIFICATES, NGINX],
  },
  'iis-self-signed': {
    severity: 'error',
    explanation: 'the CA web server shows a self-signed certificate, which is not supported even when it was uploaded as trust',
    cure: 'give IIS a certificate that a CA has signed, and upload that CA as CAPF-trust',
    collectNext: [IIS_CERTIFICATE, NGINX],
  },
  'iis-name-mismatch': {
    severity: 'error',
    explanation: 'the name in the certificate of the CA web server is not the configured host name of the Online CA',
    cure: 'set Online CA Hostname to the name in the certificate, or give IIS a certificate for the host name',
    collectNext: [IIS_CERTIFICATE, NGINX],
  },
  'online-ca-name-unresolvable': {
    severity: 'error',
    explanation: 'the host name of the Online CA cannot be resolved, often a typing error',
    cure: 'correct Online CA Hostname (CAPF service parameters) or the DNS, then restart CAPF',
    collectNext: [NAME_LOOKUP, NGINX],
  },
  'iis-not-yet-valid': {
    severity: 'error',
    explanation: 'the certificate of the CA web server is not valid yet on the clock of the publisher: clocks differ',
    cure: 'repair NTP on the publisher and on the CA, then restart CAPF',
    collectNext: [NTP_STATUS, IIS_CERTIFICATE],
  },
  'iis-expired': {
    severity: 'error',
    explanation: 'the certificate of the CA web server is past its last day, or the clock of the publisher is ahead',
    cure: 'renew the IIS certificate; check NTP on the publisher',
    collectNext: [IIS_CERTIFICATE, NTP_STATUS],
  },
  'template-misspelt': {
    severity: 'error',
    explanation:
      'the login to the CA succeeded and the request page was read, yet the answer is 401 with EST_ERR_AUTH_FAIL: the log says authentication, the cause is a certificate template that does not exist',
    cure: 'correct Online CA Template (the name, not the display name), publish the template on the CA, then restart CAPF',
    collectNext: [ERROR_LOG, 'the templates that the CA publishes (`certutil -CATemplates` there)'],
  },
  'ca-login-rejected': {
    severity: 'error',
    explanation: 'the CA web server refuses user name or password of the registration authority',
    cure: 'correct Online CA User Name and Password, see that the account is not locked and that IIS does not demand Extended Protection, then restart CAPF',
    collectNext: [IIS_LOG, ERROR_LOG],
  },
  'ca-login-timeout': {
    severity: 'error',
    explanation: 'the CA web server did not answer the login within ten seconds',
    cure: 'see that IIS runs and that nothing between the publisher and the CA drops port 443 (CSCvo58656)',
    collectNext: [IIS_LOG, NGINX],
  },
  'ca-enrol-timeout': {
    severity: 'error',
    explanation:
      'the CA took the login and did not answer the request within ten seconds: CAPF gives up with EST_ERR_SSL_READ after that time',
    cure: 'see why the CA is slow (load, its database, a policy module that waits); the time-out cannot be configured (CSCvo58656)',
    collectNext: [IIS_LOG, ERROR_LOG, CAPF_TRACE_OF_SESSION],
  },
  'ca-denied': {
    severity: 'error',
    explanation: 'the policy of the CA denied the request',
    cure: 'look at the failed requests of the CA for the reason; often the right to enrol with the template is missing',
    collectNext: ['Failed Requests of the CA (certsrv.msc)', ERROR_LOG],
  },
  'ca-pending': {
    severity: 'error',
    explanation: 'the request waits at the CA for an officer; the product does not come back for it',
    cure: 'issue the request, or let the template issue without approval, and order the LSC again',
    collectNext: ['Pending Requests of the CA (certsrv.msc)', ERROR_LOG],
  },
  'ra-down': {
    severity: 'error',
    explanation: 'nothing listens where the registration authority should be (port 8084 of the publisher)',
    cure: 'start the Cisco Certificate Enrollment Service, then restart CAPF',
    collectNext: [SERVICE_LIST, NGINX],
  },
  'est-http-write': {
    severity: 'error',
    explanation: 'the registration authority closed the connection before it had read the request (CSCvf83629)',
    cure: 'order the LSC again; if it stays, restart the enrolment service or install the fix of CSCvf83629',
    collectNext: [ERROR_LOG, CAPF_TRACE_OF_SESSION],
  },
  'ca-key-usage': {
    severity: 'error',
    explanation:
      'the template gives certificates without digitalSignature or keyEncipherment: the LSC is installed, and secure registration fails',
    cure: 'set both usages in the template (Extensions > Key Usage), then install the LSCs again',
    collectNext: ['an LSC of this CA (`openssl x509 -noout -ext keyUsage`)', 'the key usage of the template'],
  },
  'ca-cn-capf': {
    severity: 'error',
    explanation: 'the common name of the CA contains CAPF-, which is kept for the certificates of CAPF itself',
    cure: 'use a CA with another common name',
    collectNext: ['the CA certificate (`openssl x509 -noout -subject`)'],
  },
  'stale-lsc': {
    severity: 'warning',
    explanation:
      'the CA answered a request that a newer one of the same phone had replaced; that certificate was kept aside and not given to the phone',
    cure: 'nothing for the phone; look at `utils capf stale-lsc list`, revoke the certificate at the CA, and delete it there',
    collectNext: ['`utils capf stale-lsc list` on the publisher'],
  },
} as const satisfies Record<string, FindingRow>
