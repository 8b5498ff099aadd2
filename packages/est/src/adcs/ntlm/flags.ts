/** Bits of NegotiateFlags that this package sets or looks at (MS-NLMP 2.2.2.5). */
export const NTLM_FLAGS = {
  unicode: 0x0000_0001,
  requestTarget: 0x0000_0004,
  ntlm: 0x0000_0200,
  alwaysSign: 0x0000_8000,
  targetTypeDomain: 0x0001_0000,
  extendedSessionSecurity: 0x0008_0000,
  targetInfo: 0x0080_0000,
  version: 0x0200_0000,
  key128: 0x2000_0000,
  key56: 0x8000_0000,
} as const

export type NtlmFlag = keyof typeof NTLM_FLAGS

/** The bits of some flags, as an unsigned number. */
export const flagBits = (...flags: readonly NtlmFlag[]): number => flags.reduce((bits, flag) => (bits | NTLM_FLAGS[flag]) >>> 0, 0)

export const hasFlag = (bits: number, flag: NtlmFlag): boolean => (bits & NTLM_FLAGS[flag]) !== 0

/** What a client asks for. Nothing is signed or sealed over HTTPS, so no session key is exchanged and no RC4 is needed. */
export const CLIENT_FLAGS = flagBits(
  'unicode',
  'requestTarget',
  'ntlm',
  'alwaysSign',
  'extendedSessionSecurity',
  'targetInfo',
  'key128',
  'key56',
)
