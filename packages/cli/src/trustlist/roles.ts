import { type OptionRow, textList } from '@capfkit/codec/options'
import type { RoleName } from '@capfkit/codec/tlv'

/** A flag for each role of a list: what stands in the file that it names. */
export const ROLE_FLAGS = {
  sast: {
    role: 'SAST',
    doc: 'PEM file with a certificate that may sign lists; the first one signs this one, so its key is in the file, too. Required.',
  },
  ccmTftp: { role: 'CCM+TFTP', doc: 'Certificate of a server that is CallManager and TFTP.' },
  ccm: { role: 'CCM', doc: 'Certificate of a CallManager.' },
  tftp: { role: 'TFTP', doc: 'Certificate of a TFTP server.' },
  capf: { role: 'CAPF', doc: 'Certificate of the CAPF.' },
  appServer: { role: 'APP-SERVER', doc: 'Certificate of an application server.' },
  tvs: { role: 'TVS', doc: 'Certificate of a TVS.' },
} as const satisfies Record<string, { role: RoleName; doc: string }>

export type RoleFlag = keyof typeof ROLE_FLAGS
export const ROLE_FLAG_NAMES = Object.keys(ROLE_FLAGS) as readonly RoleFlag[]

/** The flags as options; each can be given several times. */
export const ROLE_OPTIONS = Object.fromEntries(ROLE_FLAG_NAMES.map(name => [name, textList({ doc: ROLE_FLAGS[name].doc })])) as {
  readonly [N in RoleFlag]: OptionRow<readonly string[]>
}
