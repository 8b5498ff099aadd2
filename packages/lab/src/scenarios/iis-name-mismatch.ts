import type { Scenario } from '../scenario.ts'
import { badWebServer } from './bad-web-server.ts'

export const iisNameMismatch: Scenario = badWebServer('wrong-name', {
  name: 'iis-name-mismatch',
  broken: 'the certificate of the CA web server is for its short name',
  says: "return code 51 (SSL: certificate subject name 'lab-dc' does not match target host name 'lab-dc.lab.example')",
})
