import { CA_SYMPTOMS } from './ca-symptoms.ts'
import type { Rule } from './rule.ts'

export const caCnCapf: Rule = {
  name: 'ca-cn-capf',
  about: 'site',
  // Without such a CA the service does not start.
  explains: [...CA_SYMPTOMS, 'capf-service-down', 'capf-unreachable'],
  ways: [
    { weight: 90, needs: [{ clue: 'certificate.reservedName' }] },
    { weight: 95, needs: [{ clue: 'message', where: { code: 'CA_NAME_RESERVED' } }] },
  ],
}
