/** What must be true for a regeneration to reset phones; what is given says whether it is. */
export const CONDITIONS = {
  tftpNode: { yes: 'the node is a TFTP server', no: 'the node is no TFTP server' },
  capfActivated: { yes: 'the CAPF service is activated', no: 'the CAPF service is not activated' },
  always: { yes: 'in any case', no: 'never' },
} as const

export type Condition = keyof typeof CONDITIONS

/** Which phones restart. */
export const RESETS = {
  all: 'every phone of the cluster restarts to update its ITL file',
  group: 'every registered phone whose CallManager group contains the node restarts to update its ITL file',
  none: 'no phone restarts',
} as const

export type Regeneration = {
  /** Who shows this certificate. */
  readonly services: readonly string[]
  readonly resets: keyof typeof RESETS
  /** When it resets them. */
  readonly when: Condition
  /** The LSCs that its key has signed must be issued again. */
  readonly reissuesLscs?: true
  readonly effects: readonly string[]
  readonly before: readonly string[]
  readonly after: readonly string[]
}

const UNREGISTERED = 'find the phones that are not registered now: they still have the old ITL file when they come back'

/**
 * What the regeneration of each certificate of a cluster resets: effects and restarts are those of the presentation "Certificate
 * Management" of 2016 (regeneration, services and certificates), and of the document on LSCs for what follows CAPF.
 */
export const REGENERATIONS = {
  CallManager: {
    services: ['Cisco CallManager', 'Cisco TFTP'],
    ...({ resets: 'all', when: 'tftpNode' } as const),
    effects: [
      'unregistered phones can update the ITL file, and ask TVS about the new TFTP certificate to validate their configuration file',
    ],
    before: [UNREGISTERED, 'TVS must work on every node: it is whom phones ask about the new signer'],
    after: ['restart Cisco TFTP, so that lists and configurations are signed with the new key', 'mixed mode: update the CTL file'],
  },
  TVS: {
    services: ['Cisco Trust Verification Service'],
    ...({ resets: 'group', when: 'always' } as const),
    effects: ['unregistered phones update the ITL file using the TVS service'],
    before: [
      UNREGISTERED,
      'wait after CallManager: the product refuses TVS while the CallManager certificate is younger than 5 minutes',
    ],
    after: ['restart Cisco Trust Verification Service and Cisco TFTP'],
  },
  CAPF: {
    services: ['Cisco CAPF'],
    ...({ resets: 'all', when: 'capfActivated', reissuesLscs: true } as const),
    effects: ['LSCs that CAPF has issued should be issued again: their issuer is the old certificate'],
    before: ['spread the orders for new LSCs: every phone that restarts with one pending contacts CAPF at once'],
    after: [
      'restart CAPF, TVS and TFTP',
      'mixed mode: update the CTL file',
      'order new LSCs (capf device set --operation install)',
    ],
  },
  tomcat: {
    services: ['Cisco Tomcat'],
    ...({ resets: 'none', when: 'always' } as const),
    effects: ['minimal service impact', 'clients of AXL, CCMCIP and UDS may check the certificate and refuse the new one'],
    before: ['list the external integrations that trust the old certificate'],
    after: ['restart Cisco Tomcat for the new certificate to take effect'],
  },
  ipsec: {
    services: ['Cisco DRF Master', 'Cisco DRF Local'],
    ...({ resets: 'none', when: 'always' } as const),
    effects: ['backups fail while nodes do not have the new certificate in ipsec-trust'],
    before: [],
    after: ['restart the DRF services, Master and Local, on the node'],
  },
  ITLRecovery: {
    services: [],
    ...({ resets: 'all', when: 'tftpNode' } as const),
    effects: [
      'phones know this certificate from their ITL file: until they have the new list, an ITL file that was reset with the new key is not believed',
    ],
    before: [UNREGISTERED, 'keep a copy of the old one: phones with an old list believe it alone'],
    after: ['restart Cisco TFTP', 'mixed mode: update the CTL file', 'back the new one up'],
  },
} as const satisfies Record<string, Regeneration>

export type CertificateName = keyof typeof REGENERATIONS
export const CERTIFICATE_NAMES = Object.keys(REGENERATIONS) as readonly CertificateName[]

/** Certificates that must not be regenerated at the same time, and why. */
export const NOT_TOGETHER = [
  {
    certificates: ['CallManager', 'TVS'],
    why: 'a phone that knows neither the new signer of its files nor the new TVS believes nobody any more, and must lose its ITL file by hand; with one node there is no other TVS',
  },
] as const satisfies readonly { certificates: readonly CertificateName[]; why: string }[]

/** The service whose certificate is meant, by another name: TFTP signs with that of CallManager. */
export const OTHER_NAMES: Readonly<Record<string, CertificateName>> = { TFTP: 'CallManager' }

/** A certificate by its name without case; `undefined` for none. */
export const certificateNamed = (word: string): CertificateName | undefined => {
  const is = (name: string) => name.toLowerCase() === word.toLowerCase()
  const other = Object.keys(OTHER_NAMES).find(is)
  return other === undefined ? CERTIFICATE_NAMES.find(is) : OTHER_NAMES[other]
}
