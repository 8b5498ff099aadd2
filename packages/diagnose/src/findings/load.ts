import type { FindingRow } from './row.ts'
import { CAPF_TRACE } from './to-collect.ts'

const EARLIER_TRACE = `${CAPF_TRACE} from before the first failure`
const CERTIFICATES = '`show cert list own` on the publisher, with dates'

/** Many phones at once, and the years. */
export const LOAD_FINDINGS = {
  'capf-hang': {
    severity: 'warning',
    explanation:
      'a client connected to CAPF and said nothing: a service with CSCub62243 stands still for everybody from then on, others give the client up',
    cure: 'if sessions of other phones stopped at that moment, restart CAPF and install the fix of CSCub62243; find the silent client by its address',
    collectNext: [EARLIER_TRACE, '`show open ports all` on the publisher: connections to 3804'],
  },
  'regeneration-storm': {
    severity: 'warning',
    explanation:
      'nearly every phone came again within a short time with new certificates: the CAPF or CallManager certificate was regenerated',
    cure: 'wait until the curve is down; regenerate certificates in maintenance windows, one kind at a time',
    collectNext: [CERTIFICATES, 'the audit log of the publisher'],
  },
  'reboot-storm': {
    severity: 'info',
    explanation: 'many phones booted within a short time and asked for no new certificates: a site came back after a power cut',
    cure: 'wait until the curve is down; nothing is wrong with the certificates',
    collectNext: ['the uptime of the switches of the site'],
  },
  'expiry-wave': {
    severity: 'warning',
    explanation: 'LSCs that were issued in one campaign end together',
    cure: 'renew them in groups over several weeks before the first one ends',
    collectNext: [
      '`run sql select name,lscvaliduntil from device` on the publisher',
      'the notices of the certificate monitor, or of capf monitor',
    ],
  },
  'ca-rollover-404': {
    severity: 'error',
    explanation: 'clients ask for the next CA certificate before it exists, and get 404 until the shadow certificate is made',
    cure: 'make the overlap (auto-rollover) at least (1 - P) of the lifetime of the client certificates, P being the fraction at which clients renew (auto-enroll); capf pki-timers computes it from the configuration',
    collectNext: [
      '`show crypto pki server` and `show crypto pki timers` of the router',
      'the configuration lines of the PKI server and its trustpoints',
    ],
  },
  'db-replication-broken': {
    severity: 'error',
    explanation: 'the device store did not answer: sessions end without a new status, and no phone loses its order',
    cure: 'repair the database (`utils dbreplication status`, `utils dbreplication repair`); phones come again by themselves',
    collectNext: ['`utils dbreplication runtimestate` on the publisher', EARLIER_TRACE],
  },
} as const satisfies Record<string, FindingRow>
