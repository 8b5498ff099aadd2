import type { SignatureCheck } from '@capfkit/pki'
import type { BootErrorCode } from '../boot/errors.ts'
import type { DecisionRow } from '../decision-table.ts'

/** What was found out about a signature by somebody else than those who are known. */
export type TvsFact = 'unasked' | 'confirmed' | 'denied' | 'silent' | 'none'

/** Everything that the decision about a CTL or ITL may depend on. */
export type ListFacts = {
  readonly form: 'list' | 'malformed'
  /** The same bytes as the list that the phone has. */
  readonly isHeld: boolean
  readonly knowsDigest: boolean
  /** Some list of the phone has signers. */
  readonly hasSigners: boolean
  /** By the signers of the lists that the phone has. */
  readonly known: SignatureCheck['verdict']
  /** By the signers in the list itself. */
  readonly own: SignatureCheck['verdict']
  readonly tvs: TvsFact
}

export type ListDecision =
  /** `faith`: the first list of all. */
  | { readonly do: 'accept'; readonly faith?: true }
  | { readonly do: 'keep' }
  | { readonly do: 'askTvs' }
  | { readonly do: 'refuse'; readonly code: BootErrorCode }

const refuse = (code: BootErrorCode): ListDecision => ({ do: 'refuse', code })

/** What a phone does about a CTL or ITL [BOOT-2]: the first row that fits. The last one fits always. */
export const LIST_RULES: readonly DecisionRow<ListFacts, ListDecision>[] = [
  { when: { form: 'malformed' }, decision: refuse('BOOT_LIST_MALFORMED'), why: 'nothing in it can be relied on' },
  { when: { isHeld: true }, decision: { do: 'keep' }, why: 'the phone has it already' },
  { when: { knowsDigest: false }, decision: refuse('BOOT_DIGEST_UNKNOWN'), why: 'the phone cannot check it' },
  {
    when: { hasSigners: false, own: 'valid' },
    decision: { do: 'accept', faith: true },
    why: 'the first list is taken on faith, if it is whole',
  },
  {
    when: { hasSigners: false, own: 'bad-signature' },
    decision: refuse('BOOT_BAD_SIGNATURE'),
    why: 'faith is in a list, not in a wreck',
  },
  { when: { hasSigners: false }, decision: refuse('BOOT_SIGNER_MISSING'), why: 'a list that not even itself vouches for' },
  { when: { known: 'valid' }, decision: { do: 'accept' }, why: 'a signer whom the phone knows' },
  {
    when: { known: 'bad-signature' },
    decision: refuse('BOOT_BAD_SIGNATURE'),
    why: 'it says that it is by a known signer, and is not',
  },
  { when: { own: 'bad-signature' }, decision: refuse('BOOT_BAD_SIGNATURE'), why: 'whoever the signer is, the list was changed' },
  { when: { own: 'unknown-signer' }, decision: refuse('BOOT_SIGNER_MISSING'), why: 'there is no certificate to ask about' },
  { when: { tvs: 'unasked' }, decision: { do: 'askTvs' }, why: 'TVS may know the new signer' },
  { when: { tvs: 'confirmed' }, decision: { do: 'accept' }, why: 'TVS knows the new signer' },
  { when: { tvs: 'denied' }, decision: refuse('BOOT_TVS_DENIED'), why: 'nobody knows the new signer' },
  { when: { tvs: 'silent' }, decision: refuse('BOOT_TVS_UNREACHABLE'), why: 'nobody is there to know the new signer' },
  { when: {}, decision: refuse('BOOT_TVS_NONE'), why: 'nobody can be asked' },
]
