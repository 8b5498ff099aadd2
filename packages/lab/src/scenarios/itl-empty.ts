import type { Scenario } from '../scenario.ts'

export const itlEmpty: Scenario = {
  name: 'itl-empty',
  broken: 'the TFTP server has no ITL file',
  cause: async stage => {
    stage.files.tamper = (name, bytes) => (name.startsWith('ITL') ? undefined : bytes)
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['No Trust List Installed', 'No valid CAPF server'],
    showItl: ['Length of ITL file: 0', 'ITL File not found.', 'Error parsing the ITL File.'],
    statuses: 2,
    lacks: { trace: ['SEP'] },
  },
  cured: 'TFTP is restarted and makes the file',
  cure: async stage => {
    stage.files.tamper = undefined
    await stage.restartTftp()
    await stage.bootAll()
  },
  after: { showItl: ['The ITL file was verified successfully.'], statuses: 3 },
}
