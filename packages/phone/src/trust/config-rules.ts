import type { SignatureCheck } from '@capfkit/pki'
import type { BootErrorCode } from '../boot/errors.ts'
import type { DecisionRow } from '../decision-table.ts'
import type { TvsFact } from './list-rules.ts'

/** Everything that the decision about a configuration file may depend on. */
export type ConfigFacts = {
  readonly form: 'plain' | 'signed' | 'malformed'
  /** The phone's trust lists have a certificate with a TFTP role. */
  readonly hasSigners: boolean
  /** It came from a server whose certificate is in the trust list. */
  readonly isSecure: boolean
  /** The name in the header is the one that was asked for, or there is none. */
  readonly isNamed: boolean
  readonly knowsDigest: boolean
  readonly known: SignatureCheck['verdict']
  /** `confirmed`: TVS named a certificate with a TFTP role, and the signature is by it. */
  readonly tvs: TvsFact
}

export type ConfigDecision =
  | { readonly do: 'accept' }
  | { readonly do: 'askTvs' }
  | { readonly do: 'refuse'; readonly code: BootErrorCode }

const accept: ConfigDecision = { do: 'accept' }
const refuse = (code: BootErrorCode): ConfigDecision => ({ do: 'refuse', code })

/** What a phone does about a configuration file [BOOT-3]: the first row that fits. The last one fits always. */
export const CONFIG_RULES: readonly DecisionRow<ConfigFacts, ConfigDecision>[] = [
  { when: { form: 'malformed' }, decision: refuse('BOOT_FILE_BROKEN'), why: 'it begins like a signed file and is none' },
  { when: { hasSigners: false }, decision: accept, why: 'a phone without a trust list takes what it gets' },
  { when: { form: 'plain', isSecure: true }, decision: accept, why: 'HTTPS has vouched for it' },
  { when: { form: 'plain' }, decision: refuse('BOOT_NOT_SIGNED'), why: 'anybody could have sent it' },
  { when: { isNamed: false }, decision: refuse('BOOT_WRONG_FILE'), why: 'it was made for another phone or purpose' },
  { when: { knowsDigest: false }, decision: refuse('BOOT_DIGEST_UNKNOWN'), why: 'the phone cannot check it' },
  { when: { known: 'valid' }, decision: accept, why: 'a file server of the trust list' },
  { when: { known: 'bad-signature' }, decision: refuse('BOOT_BAD_SIGNATURE'), why: 'it was changed' },
  { when: { tvs: 'unasked' }, decision: { do: 'askTvs' }, why: 'TVS may know the signer' },
  { when: { tvs: 'confirmed' }, decision: accept, why: 'TVS knows the signer, and the signature is by it' },
  { when: { tvs: 'denied' }, decision: refuse('BOOT_TVS_DENIED'), why: 'nobody knows the signer' },
  { when: { tvs: 'silent' }, decision: refuse('BOOT_TVS_UNREACHABLE'), why: 'nobody is there to know the signer' },
  { when: {}, decision: refuse('BOOT_TVS_NONE'), why: 'nobody can be asked' },
]
