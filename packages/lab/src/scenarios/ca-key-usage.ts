import { derToPem } from '@capfkit/pki'
import type { Scenario } from '../scenario.ts'
import { correctOnlineCa } from './online-mistake.ts'
import type { Stage } from './stage/stage.ts'

/** What troubleshooting of each phone would bring. */
const keepLscs = ({ phones, papers }: Stage): void => {
  for (const { name, lsc } of phones) if (lsc) papers.set(`${name}.pem`, derToPem(lsc.certificateDer))
}

export const caKeyUsage: Scenario = {
  name: 'ca-key-usage',
  broken: 'the template allows its keys neither digitalSignature nor keyEncipherment',
  stage: { online: { template: 'CiscoRA=issue/usage:unfit' } },
  cause: async stage => {
    await stage.enrol(stage.newPhone())
    keepLscs(stage)
  },
  shows: {
    trace: ['the LSC lacks digitalSignature and keyEncipherment: secure registration will fail', 'Online Cert Signing successful'],
    papers: ['-----BEGIN CERTIFICATE-----'],
    statuses: 3,
  },
  cured: 'both usages are set in the template, and the LSC is ordered again',
  cure: async stage => {
    for (const phone of stage.phones) await stage.order(phone)
    await correctOnlineCa(stage, { template: 'CiscoRA' })
    keepLscs(stage)
  },
  after: { statuses: 3, lacks: { trace: ['the LSC lacks'] } },
}
