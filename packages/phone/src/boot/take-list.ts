import { DIGESTS, ROLES } from '@capfkit/codec/tlv'
import { decide } from '../decision-table.ts'
import type { TrustListKind } from '../models.ts'
import { LIST_RULES, type ListDecision, type ListFacts, type TvsFact } from '../trust/list-rules.ts'
import { FILE_ROLES, type TrustedList } from '../trust/trusted-list.ts'
import type { BootContext, StepOutcome } from './context.ts'
import type { BootErrorCode } from './errors.ts'
import { fetchFile, isOutcome, nameOf } from './fetch-file.ts'
import { BOOT_FILES, type BootFile } from './steps.ts'

/** The oldest header version of which phones write that they do not know it. */
const KNOWN_MINOR_VERSION = 1

/** Roles that TVS must give a certificate before it may sign a list. */
const LIST_ROLES: readonly number[] = [ROLES.SAST.number, ...FILE_ROLES]

/** What is to be known of the bytes before somebody is asked. Signatures are checked when a rule wants to know. */
const factsOf = (offered: TrustedList | undefined, { kind, context }: { kind: TrustListKind; context: BootContext }): ListFacts => {
  const { lists, tvs, phone } = context
  const digest: string | undefined = offered && DIGESTS[offered.header.signatureInfo.digest as keyof typeof DIGESTS]
  return {
    form: offered ? 'list' : 'malformed',
    isHeld: offered !== undefined && lists.get(kind)?.bytes.equals(offered.bytes) === true,
    knowsDigest: phone.device.model.digests.some(known => known === digest),
    hasSigners: lists.listSigners.length > 0,
    get known() {
      return offered?.checkBy(lists.listSigners).verdict ?? 'unknown-signer'
    },
    get own() {
      return offered?.ownSignature.verdict ?? 'unknown-signer'
    },
    tvs: tvs.isUsable ? 'unasked' : 'none',
  }
}

/** TVS about the certificate by which the list is signed, which is in the list itself. */
const askTvs = async (offered: TrustedList, { tvs, signal }: BootContext): Promise<TvsFact> => {
  const { signer } = offered.ownSignature
  if (!signer) return 'denied'
  const answer = await tvs.verify(signer.certificateDer, signal)
  if (answer.verdict !== 'confirmed') return answer.verdict
  return answer.roles.some(role => LIST_ROLES.includes(role)) ? 'confirmed' : 'denied'
}

const versionOf = ({ header: { version } }: TrustedList) => `${version.major}.${version.minor}`

const accept = async (list: TrustedList, { kind, context }: { kind: TrustListKind; context: BootContext }): Promise<void> => {
  const { console, page } = context.phone
  // Kept before it is believed: a list that is gone after a power cut was never taken.
  await context.flash.saveList(kind, list.bytes)
  context.lists.set(kind, list)
  for (const code of ['LIST_VERIFIED', 'LIST_PARSED', 'LIST_UPDATED'] as const) console.write(code)
  page.show('TRUST_LIST_UPDATED')
}

const refuse = (code: BootErrorCode, { phone }: BootContext): void => {
  phone.console.write('LIST_REFUSED', { code })
  phone.page.show('TRUST_LIST_FAILED')
}

const read = (bytes: Buffer, { shared }: BootContext): TrustedList | undefined => {
  try {
    return shared.lists.get(bytes)
  } catch {
    return undefined
  }
}

const decideList = async (
  offered: TrustedList | undefined,
  at: { kind: TrustListKind; context: BootContext },
): Promise<ListDecision> => {
  const facts = factsOf(offered, at)
  const decision = decide(LIST_RULES, facts)
  if (decision.do !== 'askTvs' || !offered) return decision
  at.context.phone.console.write('NO_MATCH')
  const tvs = await askTvs(offered, at.context)
  // Getters, too: nothing has changed but what TVS said.
  return decide(LIST_RULES, { ...facts, tvs })
}

/** Ask for a trust list and take it, keep the old one, or refuse [BOOT-2]. */
export const takeList = async (
  { file, list: kind }: { file: BootFile; list: TrustListKind },
  context: BootContext,
): Promise<StepOutcome> => {
  const { phone } = context
  if (!phone.device.model.trustLists.includes(kind)) return { event: 'skipped' }
  const name = nameOf(file, context)
  const fetched = await fetchFile({ name, maxBytes: BOOT_FILES[file].maxBytes }, context)
  if (isOutcome(fetched)) {
    if (fetched.trouble?.code === 'BOOT_FILE_TOO_LARGE') refuse(fetched.trouble.code, context)
    return fetched
  }
  const { transport, bytes } = fetched
  const known = { file: name, transport, bytes: bytes.length }
  const offered = read(bytes, context)
  if (offered && offered.header.version.minor > KNOWN_MINOR_VERSION)
    phone.console.write('LIST_VERSION', { version: versionOf(offered) })
  const decision = await decideList(offered, { kind, context })
  if (decision.do === 'refuse') {
    refuse(decision.code, context)
    return { event: 'failed', ...known, trouble: { code: decision.code, detail: name } }
  }
  if (decision.do === 'accept' && offered) {
    if (decision.faith) phone.console.write('LIST_FAITH')
    await accept(offered, { kind, context })
  }
  return { event: 'ok', ...known }
}

/** The lists of the boot before; of a damaged one the backup. Such files cannot be read, so they are as if not there. */
export const loadLists = (
  kind: TrustListKind,
  candidates: readonly Buffer[],
  context: Pick<BootContext, 'shared' | 'lists'>,
): void => {
  for (const bytes of candidates) {
    try {
      context.lists.set(kind, context.shared.lists.get(bytes))
      return
    } catch {}
  }
}
