import { createHmac } from 'node:crypto'
import { md4 } from './md4.ts'

export const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

const hmacMd5 = (key: Buffer, ...parts: readonly Buffer[]): Buffer => {
  const hmac = createHmac('md5', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

/** Character by character, as Windows does: no capital letter has more than one. */
const upperCase = (text: string) =>
  [...text].map(char => (char.toUpperCase().length === char.length ? char.toUpperCase() : char)).join('')

/** NTOWFv2: the key of a user, from names as AUTHENTICATE spells them (MS-NLMP 3.3.2). */
export const ntowfV2 = ({ user, domain, password }: { user: string; domain: string; password: string }): Buffer =>
  hmacMd5(md4(utf16(password)), utf16(upperCase(user) + domain))

/** NTProofStr over the server's challenge and the client's blob (MS-NLMP 3.3.2). */
export const ntProof = (key: Buffer, { serverChallenge, blob }: { serverChallenge: Buffer; blob: Buffer }): Buffer =>
  hmacMd5(key, serverChallenge, blob)

/** SessionBaseKey, which is the session key too where no other is exchanged. */
export const sessionKeyOf = (key: Buffer, proof: Buffer): Buffer => hmacMd5(key, proof)

/** LMv2 response, 24 bytes, for servers that tell no time. */
export const lmV2Response = (key: Buffer, challenges: { serverChallenge: Buffer; clientChallenge: Buffer }): Buffer =>
  Buffer.concat([hmacMd5(key, challenges.serverChallenge, challenges.clientChallenge), challenges.clientChallenge])

/** The message integrity code: over all three messages, the last with zeros in its place (MS-NLMP 3.1.5.1.2). */
export const messageIntegrityCode = (sessionKey: Buffer, messages: readonly [Buffer, Buffer, Buffer]): Buffer =>
  hmacMd5(sessionKey, ...messages)

const BLOB_HEADER = Buffer.from('0101000000000000', 'hex')
/** Bytes of the blob before its pairs: header, time, client challenge, reserved. */
export const BLOB_PAIRS_OFFSET = 28

/** NTLMv2_CLIENT_CHALLENGE, `temp` in the calculations (MS-NLMP 2.2.2.7). */
export const clientBlob = (parts: { time: Buffer; clientChallenge: Buffer; avPairs: Buffer }): Buffer =>
  Buffer.concat([BLOB_HEADER, parts.time, parts.clientChallenge, Buffer.alloc(4), parts.avPairs, Buffer.alloc(4)])
