import { timingSafeEqual } from 'node:crypto'
import { AV_HAS_MIC, AV_IDS, type AvPair, avValue, fileTime, formatAvPairs, parseAvPairs } from './av-pairs.ts'
import { NtlmFormatError } from './errors.ts'
import { flagBits, hasFlag } from './flags.ts'
import { formatNtlm, MIC_OFFSET, type NtlmMessage, parseNtlm } from './messages.ts'
import { BLOB_PAIRS_OFFSET, messageIntegrityCode, ntowfV2, ntProof, sessionKeyOf, utf16 } from './response.ts'

/** Names of a domain and of the server in it. */
export type NtlmDomain = {
  readonly nbDomainName: string
  readonly nbComputerName: string
  readonly dnsDomainName: string
  readonly dnsComputerName: string
}

/** Offered to every client, however little it asks for. */
const SERVER_FLAGS = flagBits(
  'unicode',
  'requestTarget',
  'ntlm',
  'alwaysSign',
  'targetTypeDomain',
  'extendedSessionSecurity',
  'targetInfo',
  'key128',
  'key56',
)

/**
 * The second message.
 *
 * @param serverChallenge  8 random bytes, for one login only.
 * @throws {NtlmFormatError} when the first message is none.
 */
export const challengeMessage = (
  negotiate: Buffer,
  { domain, serverChallenge, now }: { domain: NtlmDomain; serverChallenge: Buffer; now: number },
): Buffer => {
  parseNtlm('NEGOTIATE', negotiate)
  const names = (['nbDomainName', 'nbComputerName', 'dnsDomainName', 'dnsComputerName'] as const).map(
    (name): AvPair => ({ id: AV_IDS[name], value: utf16(domain[name]) }),
  )
  return formatNtlm('CHALLENGE', {
    targetName: utf16(domain.nbDomainName),
    flags: SERVER_FLAGS,
    serverChallenge,
    targetInfo: formatAvPairs([
      ...names,
      { id: AV_IDS.dnsTreeName, value: utf16(domain.dnsDomainName) },
      { id: AV_IDS.timestamp, value: fileTime(now) },
    ]),
  })
}

/** Whether the login must be bound to the TLS connection: Extended Protection for Authentication. */
export type ExtendedProtection = 'off' | 'allow' | 'require'

export type AuthenticateCheck = {
  readonly negotiate: Buffer
  readonly challenge: Buffer
  readonly authenticate: Buffer
  /** The password of a user, as AUTHENTICATE names them; nothing for a user who is not known. */
  readonly passwordOf: (account: { user: string; domain: string }) => string | undefined
  readonly extendedProtection: ExtendedProtection
  /** Of the certificate that the server showed on this connection, 16 bytes. */
  readonly channelBinding: Buffer
}

export type AuthenticateVerdict =
  | { readonly ok: true; readonly user: string; readonly domain: string }
  | { readonly ok: false; readonly why: 'invalid-token' | 'logon-denied' | 'bad-bindings'; readonly user: string }

const text = (bytes: Buffer | undefined) => (bytes ?? Buffer.alloc(0)).toString('utf16le')

/** A client that has no binding to give says so by leaving it out or by zeros (MS-NLMP 3.1.5.1.2). */
const isBound = (given: Buffer | undefined, { extendedProtection, channelBinding }: AuthenticateCheck): boolean => {
  if (extendedProtection === 'off') return true
  if (given === undefined || given.every(byte => byte === 0)) return extendedProtection === 'allow'
  return given.equals(channelBinding)
}

const hasGoodMic = (check: AuthenticateCheck, { mic, sessionKey }: { mic: Buffer | undefined; sessionKey: Buffer }): boolean => {
  if (!mic) return false
  const zeroed = Buffer.from(check.authenticate)
  zeroed.fill(0, MIC_OFFSET, MIC_OFFSET + mic.length)
  return timingSafeEqual(messageIntegrityCode(sessionKey, [check.negotiate, check.challenge, zeroed]), mic)
}

const judge = (check: AuthenticateCheck, message: NtlmMessage<'AUTHENTICATE'>): AuthenticateVerdict => {
  const [user, domain] = [text(message.user), text(message.domain)]
  const refused = (why: 'logon-denied' | 'bad-bindings') => ({ ok: false, why, user }) as const
  const { ntResponse = Buffer.alloc(0) } = message
  // Shorter ones are NTLMv1, which no server of today takes, or an anonymous login.
  if (!hasFlag(message.flags ?? flagBits('unicode'), 'unicode') || ntResponse.length <= 16 + BLOB_PAIRS_OFFSET)
    return refused('logon-denied')
  const [proof, blob] = [ntResponse.subarray(0, 16), ntResponse.subarray(16)]
  const pairs = parseAvPairs(blob.subarray(BLOB_PAIRS_OFFSET), 'AUTHENTICATE.ntResponse')
  const { serverChallenge = Buffer.alloc(0) } = parseNtlm('CHALLENGE', check.challenge)
  const password = check.passwordOf({ user, domain })
  // A user who is not known costs as much time as a wrong password.
  const key = ntowfV2({ user, domain, password: password ?? '' })
  const isRight = timingSafeEqual(ntProof(key, { serverChallenge, blob }), proof)
  if (!isRight || password === undefined) return refused('logon-denied')
  const flags = avValue(pairs, 'flags')
  const wantsMic = flags?.length === 4 && (flags.readUInt32LE() & AV_HAS_MIC) !== 0
  if (wantsMic && !hasGoodMic(check, { mic: message.mic, sessionKey: sessionKeyOf(key, proof) })) return refused('logon-denied')
  if (!isBound(avValue(pairs, 'channelBindings'), check)) return refused('bad-bindings')
  return { ok: true, user, domain }
}

/** Checks the third message: NTLMv2 only. Anything malformed is `invalid-token`; nothing throws. */
export const checkAuthenticate = (check: AuthenticateCheck): AuthenticateVerdict => {
  try {
    return judge(check, parseNtlm('AUTHENTICATE', check.authenticate))
  } catch (error) {
    if (!(error instanceof NtlmFormatError)) throw error
    return { ok: false, why: 'invalid-token', user: '' }
  }
}
