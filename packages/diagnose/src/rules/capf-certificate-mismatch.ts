import type { Rule } from './rule.ts'

const CONNECTION_FAILED = { clue: ['status.LSC_CONNECTION_FAILED', 'console.capfFailed'] }
/** A phone that does not take the certificate closes before it has said who it is. */
const CLOSED_EARLY = {
  clue: 'trace.event',
  where: { event: ['HANG_UP', 'PROTOCOL_ERROR'], state: ['IDLE', 'AWAIT_AUTH_RESP'] },
}

export const capfCertificateMismatch: Rule = {
  name: 'capf-certificate-mismatch',
  about: 'device',
  explains: ['capf-service-down', 'capf-unreachable'],
  ways: [
    { weight: 90, needs: [{ clue: 'derived.otherCapf' }, CONNECTION_FAILED] },
    {
      weight: 75,
      needs: [{ clue: 'console.capfFailed', where: { match: 'no', tvs: 'none' } }],
      shows: [CLOSED_EARLY, { clue: 'status.LSC_CONNECTION_FAILED' }],
    },
    { weight: 60, needs: [{ clue: 'status.LSC_CONNECTION_FAILED' }, CLOSED_EARLY], lacks: [{ clue: 'console.capfFailed' }] },
    { weight: 80, needs: [{ clue: 'run.failure', where: { reason: 'PHONE_UNTRUSTED_SERVER' } }] },
  ],
}

/** The same from list and certificate alone. */
export const capfRecordOutdated: Rule = {
  name: 'capf-certificate-mismatch',
  about: 'site',
  ways: [{ weight: 85, needs: [{ clue: 'derived.otherCapf' }] }],
}
