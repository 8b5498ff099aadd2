import { CA_SYMPTOMS } from './ca-symptoms.ts'
import type { Rule } from './rule.ts'

export const caCnCapf: Rule = {
  name: 'ca-cn-capf',
  about: 'site',
  explains: CA_SYMPTOMS,
  ways: [{ weight: 90, needs: [{ clue: 'certificate.reservedName' }] }],
}
