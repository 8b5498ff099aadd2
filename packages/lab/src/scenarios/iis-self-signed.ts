import type { Scenario } from '../scenario.ts'
import { badWebServer } from './bad-web-server.ts'

export const iisSelfSigned: Scenario = badWebServer('self-signed', {
  name: 'iis-self-signed',
  broken: 'the CA web server shows a self-signed certificate, which was uploaded as CAPF-trust',
  says: 'return code 60 (SSL certificate problem: ',
  settings: { trusted: ({ roots }, webCertificateDer) => [...roots, webCertificateDer] },
})
