import { note, type Rule } from './rule.ts'

export const caKeyUsage: Rule = {
  name: 'ca-key-usage',
  about: 'device',
  outlastsSuccess: true,
  ways: [
    { weight: 92, needs: [{ clue: 'certificate.unfitLsc' }], shows: [note(/digitalSignature|keyEncipherment/)] },
    { weight: 90, needs: [note(/digitalSignature|keyEncipherment|key usage/i)] },
  ],
}
