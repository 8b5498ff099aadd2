import { AV_HAS_MIC, AV_IDS, type AvPair, avValue, fileTime, formatAvPairs, parseAvPairs } from './av-pairs.ts'
import { NtlmFormatError } from './errors.ts'
import { CLIENT_FLAGS, hasFlag } from './flags.ts'
import { formatNtlm, MIC_OFFSET, parseNtlm } from './messages.ts'
import { clientBlob, lmV2Response, messageIntegrityCode, ntowfV2, ntProof, sessionKeyOf, utf16 } from './response.ts'

/** `DOMAIN\user`, `user@domain` or `user`, as a person writes it. Only the first form has a domain of its own in the message. */
export const accountOf = (name: string): { user: string; domain: string } => {
  const at = name.indexOf('\\')
  return at < 0 ? { user: name, domain: '' } : { user: name.slice(at + 1), domain: name.slice(0, at) }
}

/** The first message: what the client can do. */
export const negotiateMessage = (): Buffer => formatNtlm('NEGOTIATE', { flags: CLIENT_FLAGS })

export type AuthenticateInit = {
  /** As {@link accountOf} reads it. */
  readonly userName: string
  readonly password: string
  readonly negotiate: Buffer
  readonly challenge: Buffer
  /** For MsvAvTargetName: `HTTP/host`. */
  readonly targetName: string
  /** For MsvAvChannelBindings, 16 bytes: Extended Protection wants it. */
  readonly channelBinding?: Buffer
  readonly now: () => number
  readonly randomBytes: (size: number) => Buffer
}

const isIn = (names: readonly (keyof typeof AV_IDS)[]) => {
  const ids: readonly number[] = names.map(name => AV_IDS[name])
  return ({ id }: AvPair) => ids.includes(id)
}
const OURS = isIn(['flags', 'channelBindings', 'targetName'])

/** What the server said of itself, and what the client adds (MS-NLMP 3.1.5.1.2). */
const pairsOf = (server: readonly AvPair[], { targetName, channelBinding }: AuthenticateInit, hasMic: boolean): AvPair[] => {
  const flags = Buffer.alloc(4)
  flags.writeUInt32LE((avValue(server, 'flags')?.readUInt32LE() ?? 0) | (hasMic ? AV_HAS_MIC : 0))
  return [
    ...server.filter(pair => !OURS(pair)),
    ...(hasMic ? [{ id: AV_IDS.flags, value: flags }] : []),
    ...(channelBinding ? [{ id: AV_IDS.channelBindings, value: channelBinding }] : []),
    { id: AV_IDS.targetName, value: utf16(targetName) },
  ]
}

/**
 * The third message: NTLMv2, with a message integrity code where the server tells the time.
 *
 * @throws {NtlmFormatError} when the challenge is malformed, or its server does not speak Unicode and NTLMv2.
 */
export const authenticateMessage = (init: AuthenticateInit): Buffer => {
  const { userName, password, negotiate, challenge, now, randomBytes } = init
  const { flags = 0, serverChallenge = Buffer.alloc(0), targetInfo } = parseNtlm('CHALLENGE', challenge)
  if (!hasFlag(flags, 'unicode') || !hasFlag(flags, 'ntlm')) throw new NtlmFormatError('CHALLENGE.flags', 20)
  const server = targetInfo && targetInfo.length > 0 ? parseAvPairs(targetInfo, 'CHALLENGE.targetInfo') : []
  const timestamp = avValue(server, 'timestamp')
  if ([timestamp?.length ?? 8, (avValue(server, 'flags')?.length ?? 4) * 2].some(length => length !== 8))
    throw new NtlmFormatError('CHALLENGE.targetInfo', 40)

  const { user, domain } = accountOf(userName)
  const key = ntowfV2({ user, domain, password })
  const clientChallenge = randomBytes(8)
  const avPairs = formatAvPairs(pairsOf(server, init, timestamp !== undefined))
  const blob = clientBlob({ time: timestamp ?? fileTime(now()), clientChallenge, avPairs })
  const proof = ntProof(key, { serverChallenge, blob })
  const message = formatNtlm('AUTHENTICATE', {
    // Where there is a time there is no LM response, but its place is kept (MS-NLMP 3.1.5.1.2).
    lmResponse: timestamp ? Buffer.alloc(24) : lmV2Response(key, { serverChallenge, clientChallenge }),
    ntResponse: Buffer.concat([proof, blob]),
    domain: utf16(domain),
    user: utf16(user),
    flags: (flags & CLIENT_FLAGS) >>> 0,
  })
  if (timestamp) messageIntegrityCode(sessionKeyOf(key, proof), [negotiate, challenge, message]).copy(message, MIC_OFFSET)
  return message
}
