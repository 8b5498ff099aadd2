import type { FindingRow } from './row.ts'
import { CAPF_TRACE, NAME_LOOKUP, NTP_STATUS, PHONE_CONSOLE, SERVICE_LIST, TRUSTED_CERTIFICATES } from './to-collect.ts'

const SHOW_ITL = '`show itl` of every TFTP server'
const PHONE_STATUS = 'the status messages of the phone'
const DETAILED_TRACE = `${CAPF_TRACE} of the time of the attempt, level Detailed`
const DEVICE_TABLE = '`run sql select name,tkcertificatestatus,tkcertificateoperation from device` on the publisher'
const CAPTURE = 'a packet capture at the phone and at the publisher, port 3804'
const CAPF_CERTIFICATE = '`show cert own CAPF` on the publisher'

/** Phone, trust lists and network. */
export const TRUST_FINDINGS = {
  'no-capf-in-itl': {
    severity: 'error',
    explanation: 'the trust list has no CAPF record, so the phone knows no CAPF server that it may believe',
    cure: 'activate the CAPF service on the publisher, restart TFTP on every TFTP server, and reset the phone so that it fetches the new ITL',
    collectNext: [SHOW_ITL, PHONE_STATUS],
  },
  'capf-certificate-mismatch': {
    severity: 'error',
    explanation:
      'the CAPF certificate is another one than that of the CAPF record in the trust list: it was regenerated, and the list was not',
    cure: 'restart CAPF, then TVS and TFTP on every node, and reset the phone; in mixed mode update the CTL as well',
    collectNext: [CAPF_CERTIFICATE, SHOW_ITL, DETAILED_TRACE],
  },
  'capf-service-down': {
    severity: 'error',
    explanation: 'nothing listens on the CAPF port: connections are refused at once, and the service wrote nothing of them',
    cure: 'start the CAPF service on the publisher (Cisco Unified Serviceability, Control Center - Feature Services)',
    collectNext: [SERVICE_LIST, DETAILED_TRACE, CAPTURE],
  },
  'capf-unreachable': {
    severity: 'error',
    explanation: 'packets from the phone to the CAPF port get no answer: a firewall or a route in between drops them',
    cure: 'let TCP 3804 pass from the phones to the publisher, and back',
    collectNext: [CAPTURE, PHONE_CONSOLE, DETAILED_TRACE],
  },
  'capf-name-unresolvable': {
    severity: 'error',
    explanation: 'the phone cannot resolve the name of the server that its configuration gives (processNodeName)',
    cure: 'add the name to the DNS server that the phone asks, or give the servers IP addresses (System > Server)',
    collectNext: [PHONE_CONSOLE, 'the DNS server of the phone (its network settings)', NAME_LOOKUP],
  },
  'operation-expired': {
    severity: 'error',
    explanation: 'the phone came after the time in Operation Completes By',
    cure: 'order the operation again, with a time at least an hour ahead on the clock of the publisher',
    collectNext: [DEVICE_TABLE, NTP_STATUS],
  },
  'itl-mismatch': {
    severity: 'error',
    explanation:
      'the phone has a trust list of another cluster, and nobody whom it believes vouches for the signer of the new one; it keeps the old list',
    cure: 'delete the trust list on the phone, or bring the old signer into this cluster (bulk certificate import) before moving phones',
    collectNext: [SHOW_ITL, PHONE_CONSOLE, 'the security settings of the phone: the fingerprint of its ITL'],
  },
  'itl-corrupt': {
    severity: 'error',
    explanation: 'the ITL file is damaged: it cannot be parsed, or its signature does not fit its bytes',
    cure: 'restart TFTP to make the file again; if that fails, `utils itl reset localkey` (mixed mode: `utils ctl reset localkey`) on the publisher',
    collectNext: [SHOW_ITL, 'the file ITLFile.tlv itself, from every TFTP server'],
  },
  'itl-empty': {
    severity: 'error',
    explanation: 'the TFTP server has no ITL file',
    cure: 'activate or restart the TFTP service on this server; watch for CSCuj78330',
    collectNext: [SHOW_ITL],
  },
  'tvs-down': {
    severity: 'error',
    explanation: 'the phone has to ask TVS about a certificate that is not in its lists, and TVS does not answer',
    cure: 'start the Trust Verification Service on the servers of the phone, and let TCP 2445 pass',
    collectNext: [
      '`utils service list` on every node',
      PHONE_CONSOLE,
      'the TVS trace (cm/trace/tvs/sdi) of the time of the attempt',
    ],
  },
  'tvs-rejects': {
    severity: 'error',
    explanation: 'TVS answers, and does not know the certificate that the phone asks about, or not for this role',
    cure: 'see that the certificate is in the trust stores of the node that runs TVS, then restart TVS',
    collectNext: ['the TVS trace (cm/trace/tvs/sdi)', '`show cert list trust` on the TVS node', PHONE_CONSOLE],
  },
  'mic-only-precedence-lsc': {
    severity: 'error',
    explanation: 'authentication is by existing certificate, the phone has its MIC only, and CAPF does not trust who made it',
    cure: 'upload the Cisco manufacturing root and CA as CAPF-trust and restart CAPF, or install the first LSC by null string or authentication string',
    collectNext: [DEVICE_TABLE, TRUSTED_CERTIFICATES, DETAILED_TRACE],
  },
  'capf-certificate-expired': {
    severity: 'error',
    explanation: 'the CAPF certificate is past its last day, so no phone accepts the connection',
    cure: 'regenerate the CAPF certificate in a maintenance window, restart CAPF, TVS and TFTP, and install every LSC again',
    collectNext: [CAPF_CERTIFICATE, SHOW_ITL],
  },
  'recovery-itl': {
    severity: 'info',
    explanation:
      'the ITL was signed with the recovery key (`utils itl reset`); phones accept it because they know ITLRecovery already',
    cure: 'nothing on the phones; find out why the reset was needed, then restart TFTP so that the list is signed as usual',
    collectNext: [SHOW_ITL],
  },
  'phone-without-sbd': {
    severity: 'info',
    explanation: 'this model has no Security By Default: it never asks for an ITL, and trusts a CTL only',
    cure: 'put the cluster in mixed mode (`utils ctl set-cluster mixed-mode`) if this phone needs an LSC, or replace the phone',
    collectNext: ['Unified CM Phone Feature List, feature Security By Default (Cisco Unified Reporting)'],
  },
} as const satisfies Record<string, FindingRow>
