import type { Scenario } from '../scenario.ts'
import { badWebServer } from './bad-web-server.ts'

export const iisChainMissing: Scenario = badWebServer('good', {
  name: 'iis-chain-missing',
  broken: 'the root above the certificate of the CA web server was not uploaded as CAPF-trust',
  says: 'return code 60 (SSL certificate problem: unable to get local issuer certificate)',
  settings: { trusted: () => [] },
})
