import type { Scenario } from '../scenario.ts'

export const noCapfInItl: Scenario = {
  name: 'no-capf-in-itl',
  broken: 'TFTP was started before CAPF was activated: the ITL has no CAPF record',
  cause: async stage => {
    await stage.restartTftp({ certificates: { TVS: [stage.certificates.tvs.certificateDer] } })
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['Trust List Updated', 'No valid CAPF server'],
    showItl: ['FUNCTION\t2\tTVS', 'The ITL file was verified successfully.'],
    statuses: 2,
    lacks: { showItl: ['FUNCTION\t2\tCAPF'], trace: ['SEP'] },
  },
  cured: 'TFTP is restarted, and the phone reset',
  cure: async stage => {
    await stage.restartTftp()
    await stage.bootAll()
  },
  after: { showItl: ['FUNCTION\t2\tCAPF'], statuses: 3 },
}
