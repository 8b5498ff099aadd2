import { enrolled, type Rule } from './rule.ts'

export const caPending: Rule = {
  name: 'ca-pending',
  about: 'device',
  explains: ['ca-denied'],
  ways: [
    { weight: 90, needs: [enrolled('CA_ENROLL_RETRY')], shows: [{ clue: 'libest.access', where: { status: '202' } }] },
    {
      weight: 85,
      needs: [
        { clue: 'trace.event', where: { event: 'CA_CERT_WAIT' } },
        { clue: 'libest.access', where: { status: '202' } },
      ],
    },
  ],
}

export const caPendingByLog: Rule = {
  name: 'ca-pending',
  about: 'site',
  explains: ['ca-denied'],
  ways: [{ weight: 80, needs: [{ clue: 'libest.access', where: { status: '202' } }] }],
}
