import type { Scenario } from '../scenario.ts'
import { badWebServer } from './bad-web-server.ts'

export const onlineCaNameUnresolvable: Scenario = badWebServer('good', {
  name: 'online-ca-name-unresolvable',
  broken: 'Online CA Hostname has a typing error',
  says: 'return code 6 (Could not resolve: lab-dcc.lab.example (Domain name not found))',
  settings: { onlineCaHostname: 'lab-dcc.lab.example' },
})
