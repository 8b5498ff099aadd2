import type { Scenario } from '../scenario.ts'
import { badWebServer } from './bad-web-server.ts'

export const iisNotYetValid: Scenario = badWebServer('not-yet-valid', {
  name: 'iis-not-yet-valid',
  broken: 'the clock of the CA is a day ahead, so that its certificate begins tomorrow',
  says: 'return code 60 (SSL certificate problem: certificate is not yet valid)',
})
