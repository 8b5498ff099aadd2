import type { Rule } from './rule.ts'

export const capfCertificateExpired: Rule = {
  name: 'capf-certificate-expired',
  about: 'site',
  explains: ['capf-certificate-mismatch', 'capf-service-down', 'capf-unreachable', 'invalid-lsc'],
  ways: [
    {
      weight: 92,
      needs: [{ clue: 'certificate.capf', where: { endsAt: /./ } }],
      when: (found, now) => found.some(({ clue, values }) => clue === 'certificate.capf' && Number(values.endsAt) < now),
    },
  ],
}
