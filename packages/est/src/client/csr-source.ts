import type { TLSSocket } from 'node:tls'
import {
  buildCsr,
  type CsrAttribute,
  challengePasswordAttribute,
  type DistinguishedName,
  type KeyPair,
  type SubjectAltName,
  subjectAltNameRequest,
} from '@capfkit/pki'
import { EstError } from '../errors.ts'
import { channelBindingOf } from '../wire/channel-binding.ts'
import type { EstClientOptions } from './options.ts'

/**
 * The request: PKCS#10 in DER; or a function that makes one on the connection over which it is sent, with the challengePassword
 * that binds it, where proof of possession is on. It may be called again, when the connection has to be another one.
 */
export type CsrSource = Buffer | ((binding: { readonly challengePassword: string | undefined }) => Promise<Buffer>)

/** A source that builds and signs requests with a key that is at hand. */
export const signedCsr =
  (content: {
    readonly subject: DistinguishedName
    readonly keyPair: KeyPair
    readonly subjectAltName?: Partial<SubjectAltName>
    readonly attributes?: readonly CsrAttribute[]
  }): CsrSource =>
  ({ challengePassword }) =>
    buildCsr({
      subject: content.subject,
      keyPair: content.keyPair,
      attributes: [
        ...(content.attributes ?? []),
        ...(content.subjectAltName ? [subjectAltNameRequest(content.subjectAltName)] : []),
        ...(challengePassword === undefined ? [] : [challengePasswordAttribute(challengePassword)]),
      ],
    })

type Made = { readonly socket: TLSSocket; readonly binding: EstClientOptions['proofOfPossession']; readonly where: string }

/** @throws {EstError} `EST_POP_NEEDS_KEY`, `EST_POP_UNAVAILABLE` */
export const makeCsr = async (source: CsrSource, { socket, binding, where }: Made): Promise<Buffer> => {
  if (binding === 'off') return Buffer.isBuffer(source) ? source : source({ challengePassword: undefined })
  if (Buffer.isBuffer(source)) throw new EstError('EST_POP_NEEDS_KEY', { where })
  const challengePassword = channelBindingOf(socket, { binding, side: 'client' })
  if (challengePassword === undefined)
    throw new EstError('EST_POP_UNAVAILABLE', { where, detail: `${binding} over ${socket.getProtocol()}` })
  return source({ challengePassword })
}
