import { CodedError } from '@capfkit/codec/errors'
import type { FailureSide } from '../errors.ts'

type BootErrorRow = {
  readonly what: string
  readonly remedy: string
  readonly side: FailureSide
  /** This way to files leads nowhere: it is not tried again in this boot, and if no other is left nothing more is asked for. */
  readonly deadEnd?: true
}

/** Every way in which a boot, or a part of it, can fail. Codes are stable and can be searched for; the sentences may improve. */
export const BOOT_ERRORS = {
  BOOT_NAME_UNKNOWN: {
    what: 'the name has no IPv4 address',
    remedy: 'check DNS, or give the address as numbers',
    side: 'network',
    deadEnd: true,
  },
  BOOT_UNREACHABLE: {
    what: 'nobody answers there',
    remedy: 'start the file server, or check its ports (HTTP 6970, TFTP 69) and the firewall',
    side: 'network',
    deadEnd: true,
  },
  BOOT_NO_RESOURCES: {
    what: 'this machine ran out of ports, file handles or buffers',
    remedy: 'raise `ulimit -n`, or boot fewer phones at once; the run is not valid',
    side: 'generator',
    deadEnd: true,
  },
  BOOT_FILE_TIMEOUT: {
    what: 'the file did not arrive in time',
    remedy: 'check the server and the network; raise fileTimeoutMs if that is expected',
    side: 'server',
  },
  BOOT_FILE_TOO_LARGE: {
    what: 'the file is longer than the phone takes',
    remedy: 'for a trust list remove certificates (64 KB, about 39 of them); see maxFileBytes',
    side: 'server',
  },
  BOOT_FILE_REFUSED: {
    what: 'the server answered with something else than the file or that there is none',
    remedy: 'look into the log of the file server',
    side: 'server',
  },
  BOOT_FILE_BROKEN: {
    what: 'the transfer broke off, or what came is no transfer at all',
    remedy: 'check that this is a file server, and whether its process died',
    side: 'server',
  },
  BOOT_HTTPS_UNTRUSTED: {
    what: 'the certificate of the file server is not one of the trust list with a TFTP role',
    remedy: 'restart TFTP after its EC certificate was regenerated',
    side: 'server',
    deadEnd: true,
  },
  BOOT_LIST_MALFORMED: {
    what: 'the trust list cannot be read',
    remedy: 'look at it with capf trustlist show; restart TFTP, or reset the list',
    side: 'server',
  },
  BOOT_DIGEST_UNKNOWN: {
    what: 'the file is signed with a digest that this model does not know',
    remedy: 'sign it with SHA-1, or use a newer model',
    side: 'server',
  },
  BOOT_BAD_SIGNATURE: {
    what: 'the signature does not fit the file',
    remedy: 'the file was changed on its way, or the signing key is not that of the certificate: restart TFTP',
    side: 'server',
  },
  BOOT_SIGNER_MISSING: {
    what: 'the file is signed by somebody whom neither the trust list of the phone nor the file itself has',
    remedy: 'sign it with a certificate of the trust list',
    side: 'server',
  },
  BOOT_TVS_NONE: {
    what: 'the signer is not in the trust list of the phone, and the phone knows no TVS to ask',
    remedy: 'erase the trust lists of the phone if the cluster is a new one; else restore the old signing certificate',
    side: 'server',
  },
  BOOT_TVS_UNREACHABLE: {
    what: 'the signer is not in the trust list of the phone, and no TVS that it may believe answers',
    remedy: 'start TVS and check port 2445; if all certificates were regenerated at once, erase the trust lists of the phone',
    side: 'server',
  },
  BOOT_TVS_DENIED: {
    what: 'the signer is not in the trust list of the phone, and TVS does not confirm it',
    remedy: 'the file comes from another cluster: erase the trust lists of the phone, or move it by the bulk certificate export',
    side: 'server',
  },
  BOOT_TVS_UNTRUSTED: {
    what: 'the certificate of the TVS is not in the trust list of the phone',
    remedy: 'restart TFTP after the TVS certificate was regenerated, while another TVS still has its old one',
    side: 'server',
  },
  BOOT_TVS_BAD_ANSWER: {
    what: 'the TVS sent something else than an answer',
    remedy: 'run capf decode over the bytes, and check that this is a TVS port',
    side: 'server',
  },
  BOOT_NOT_SIGNED: {
    what: 'the configuration is not signed, and the phone has a trust list',
    remedy: 'serve the .sgn form of the file',
    side: 'server',
  },
  BOOT_WRONG_FILE: {
    what: 'the signed file was made under another name',
    remedy: 'sign it with the name by which the phone asks for it',
    side: 'server',
  },
  BOOT_BAD_CONFIG: {
    what: 'the configuration cannot be read',
    remedy: 'correct the XML where the detail says',
    side: 'server',
  },
  BOOT_NOT_DECRYPTED: {
    what: 'the encrypted configuration cannot be opened with a key of this phone',
    remedy: 'the phone contacts CAPF by itself; order an LSC for it',
    side: 'server',
  },
  BOOT_NO_CONFIG: {
    what: 'the phone got no configuration that it may use',
    remedy: 'add the device, and see the step before this one',
    side: 'server',
  },
  BOOT_NO_STRING: {
    what: 'CAPF wants an authentication string, and nobody typed one',
    remedy: 'give the string that was set for the device',
    side: 'client',
  },
  BOOT_FLASH: {
    what: 'what the phone keeps between boots cannot be read or written',
    remedy: 'check the folder and the right to write it; erase it if it is damaged',
    side: 'client',
  },
  BOOT_ABORTED: { what: 'the caller ended the boot', remedy: 'nothing', side: 'client' },
  BOOT_INTERNAL: { what: 'a mistake in this program', remedy: 'report it with the detail', side: 'client' },
} as const satisfies Record<string, BootErrorRow>

export type BootErrorCode = keyof typeof BOOT_ERRORS

export const bootError = (code: BootErrorCode): BootErrorRow => BOOT_ERRORS[code]

/** Thrown inside a boot and by {@link Flash}; a boot itself never rejects. `where` names the file or host. */
export class BootError extends CodedError<BootErrorCode> {
  override readonly name = 'BootError'
  readonly detail: string | undefined

  constructor(code: BootErrorCode, { where, detail, cause }: { where: string; detail?: string; cause?: unknown }) {
    const { what, remedy } = BOOT_ERRORS[code]
    super(code, { where, what: detail === undefined ? what : `${what} (${detail})`, remedy }, { cause })
    this.detail = detail
  }
}
