import type { Scenario } from '../scenario.ts'

/** More than a signature: the last record is cut off. */
const MISSING_BYTES = 400

export const itlCorrupt: Scenario = {
  name: 'itl-corrupt',
  broken: 'the end of the ITL file is missing',
  cause: async stage => {
    stage.files.tamper = (name, bytes) => (name.startsWith('ITL') ? bytes.subarray(0, -MISSING_BYTES) : bytes)
    await stage.enrol(stage.newPhone())
  },
  shows: {
    phone: ['Trust List Update Failed'],
    console: ['TL file refused: BOOT_LIST_MALFORMED'],
    showItl: ['Error parsing the ITL File.'],
    statuses: 2,
    lacks: { trace: ['SEP'] },
  },
  cured: 'TFTP is restarted and makes the file again',
  cure: async stage => {
    stage.files.tamper = undefined
    await stage.restartTftp()
    await stage.bootAll()
  },
  after: { showItl: ['The ITL file was verified successfully.'], statuses: 3 },
}
