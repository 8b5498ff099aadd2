import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { type CertificateRequest, parseCertificate, type SubjectAltName } from '@capfkit/pki'
import type { Login } from '../http-auth/login.ts'
import type { EstServerOptions } from './options.ts'
import { Refused } from './refusals.ts'

/** Who asks. */
export type Client = { readonly user?: string; readonly certificateDer?: Buffer }

/** The certificate that the client showed and that is trusted. */
export const clientCertificate = (socket: TLSSocket): Buffer | undefined =>
  socket.authorized ? socket.getPeerX509Certificate()?.raw : undefined

/**
 * Who asks for something that not everybody may have.
 *
 * @throws {Refused} `login`, with the challenge where there is one.
 */
export const identify = (
  request: IncomingMessage,
  { login, options }: { login: Login | undefined; options: EstServerOptions },
): Client => {
  const certificateDer = clientCertificate(request.socket as TLSSocket)
  const known = certificateDer ? { certificateDer } : {}
  const isEnough = certificateDer !== undefined && options.httpAuthWhen === 'without-certificate'
  if (!login || (isEnough && request.headers.authorization === undefined)) return known
  const verdict = login.check(request.headers.authorization, { method: request.method ?? '', uri: request.url ?? '' })
  if (verdict.ok) return { ...known, user: verdict.user }
  const challenges = login.challenges({ stale: verdict.why === 'stale' })
  throw new Refused('login', {
    headers: { 'www-authenticate': challenges },
    ...(verdict.why === 'refused' ? { detail: 'Wrong user or password.' } : {}),
  })
}

/** Names of each kind, without order. */
const nameSet = (names: SubjectAltName | undefined) =>
  JSON.stringify(
    Object.entries(names ?? {})
      .flatMap(([kind, values]) => values.map(value => `${kind} ${value}`))
      .sort(),
  )

/**
 * A renewal is for the names of the certificate that the client shows (RFC 7030 §4.2.2).
 *
 * @throws {Refused} `noCertificate`, `otherNames`
 */
export const mustRenew = (
  { csr, subjectAltName }: { csr: CertificateRequest; subjectAltName: SubjectAltName | undefined },
  { certificateDer }: Client,
): void => {
  if (!certificateDer) throw new Refused('noCertificate')
  const { subject, extensions } = parseCertificate(certificateDer)
  // The same name may be written in another kind of string, so the bytes do not count.
  const isSame = JSON.stringify(subject) === JSON.stringify(csr.subject)
  if (!isSame || nameSet(extensions.subjectAltName) !== nameSet(subjectAltName)) throw new Refused('otherNames')
}
