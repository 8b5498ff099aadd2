import { enrolled, outcome, type Rule } from './rule.ts'

export const caDenied: Rule = {
  name: 'ca-denied',
  about: 'device',
  ways: [
    {
      weight: 90,
      needs: [outcome(16), enrolled('CA_ENROLL_FAIL', 'HTTP_BAD_REQ')],
      shows: [{ clue: 'libest.errorPage', where: { status: '403' } }, { clue: 'libest.phrase' }],
    },
    { weight: 40, needs: [outcome(16)], lacks: [enrolled('AUTH_FAIL', 'CA_ENROLL_RETRY', 'AUTH_FAIL_TLSUID')] },
  ],
}

/** What the registration authority says of it. */
export const caDeniedByLog: Rule = {
  name: 'ca-denied',
  about: 'site',
  ways: [
    {
      weight: 90,
      needs: [
        { clue: 'libest.errorPage', where: { status: '403' } },
        { clue: 'libest.enrolFailed', where: { number: '25' } },
      ],
      shows: [{ clue: 'libest.phrase' }],
    },
    { weight: 85, needs: [{ clue: 'libest.phrase', where: { phrase: /Certificate Request Denied|CA denied/i } }] },
  ],
}
