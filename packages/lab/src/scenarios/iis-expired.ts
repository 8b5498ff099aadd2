import type { Scenario } from '../scenario.ts'
import { badWebServer } from './bad-web-server.ts'

export const iisExpired: Scenario = badWebServer('expired', {
  name: 'iis-expired',
  broken: 'the certificate of the CA web server ended a month ago',
  says: 'return code 60 (SSL certificate problem: certificate has expired)',
})
