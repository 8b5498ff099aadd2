import type { Scenario } from '../scenario.ts'

/** From its end: more than a signature, so in its last record. */
const DAMAGE_BYTES = 400

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  const at = copy.length - DAMAGE_BYTES
  copy[at] = copy[at]! ^ 1
  return copy
}

export const itlCorrupt: Scenario = {
  name: 'itl-corrupt',
  broken: 'a bit of the ITL file is flipped when one phone asks for it, and its end is missing when the other does',
  cause: async stage => {
    for (const damaged of [flipped, (bytes: Buffer) => bytes.subarray(0, -DAMAGE_BYTES)]) {
      stage.files.tamper = (name, bytes) => (name.startsWith('ITL') ? damaged(bytes) : bytes)
      await stage.enrol(stage.newPhone())
    }
  },
  shows: {
    phone: ['Trust List Update Failed'],
    console: ['TL file refused: BOOT_BAD_SIGNATURE', 'TL file refused: BOOT_LIST_MALFORMED'],
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
