import type { Scenario } from '../scenario.ts'

export const caCnCapf: Scenario = {
  name: 'ca-cn-capf',
  broken: 'the common name of the CA contains CAPF-, which is for CAPF itself: neither service takes such a CA',
  stage: { online: {} },
  cause: async stage => {
    const { online, capf } = stage
    await capf.stop()
    await online.ra.stop()
    stage.clearLogs()
    await online.replaceCa('CAPF-LAB-CA')
    await online.ra.start()
    const refusal = await capf.start().then(
      () => 'CAPF has started',
      error => String(error instanceof Error ? error.message : error),
    )
    stage.papers.set('capf_start.txt', `${refusal}\n`)
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['LSC: Connection failed'],
    papers: ['CA_NAME_RESERVED'],
    nginx: ['ra_certsrv_ca_plugin_postconf: Unable to retrieve CA Cert chain from CA'],
    statuses: 2,
  },
  cured: 'another CA takes its place',
  cure: async stage => {
    await stage.online.replaceCa('TEST-LAB-CA-2')
    await stage.online.ra.restart()
    await stage.capf.start()
    await stage.bootAll()
  },
}
