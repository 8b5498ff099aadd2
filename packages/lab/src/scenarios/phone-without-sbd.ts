import type { Scenario } from '../scenario.ts'

export const phoneWithoutSbd: Scenario = {
  name: 'phone-without-sbd',
  broken: 'a 7960 is told to get an LSC in a cluster that is not in mixed mode',
  cause: stage => stage.enrol(stage.newPhone({ model: '7960' })),
  shows: {
    phone: ['No valid CAPF server'],
    console: ['[src=CTLSEP020000000001.tlv]'],
    showItl: ['FUNCTION\t2\tCAPF'],
    statuses: 2,
    lacks: { console: ['[src=ITL'], trace: ['SEP'] },
  },
  cured: 'the cluster is put into mixed mode, which gives phones a CTL',
  cure: async stage => {
    await stage.restartTftp({ isMixed: true })
    await stage.bootAll()
  },
}
