import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import {
  buildCertsOnly,
  buildCsr,
  CSR_ATTRIBUTE_OIDS,
  type CsrAttrs,
  type DistinguishedName,
  formatCsrAttrs,
  generateKeyPair,
  type KeyPair,
  parseKeySpec,
} from '@capfkit/pki'
import type { Authority, EnrolContext } from '../authority/authority.ts'
import { decodeBase64, encodeBase64 } from '../wire/base64.ts'
import { channelBindingOf } from '../wire/channel-binding.ts'
import { writeMultipart } from '../wire/multipart.ts'
import { MEDIA_TYPES, type OperationName } from '../wire/operations.ts'
import { type Answer, certsOnlyType, encoded } from './answer.ts'
import { type CheckedCsr, checkCsr } from './csr-check.ts'
import type { Enrolments, Sent } from './enrolments.ts'
import { type Client, mustRenew } from './identify.ts'
import type { EstServerOptions } from './options.ts'
import { layoutFor, type Profile } from './profiles.ts'
import { Refused } from './refusals.ts'

/** What every operation works with. */
export type Desk = {
  readonly authority: Authority
  readonly enrolments: Enrolments
  readonly options: EstServerOptions
  readonly profile: Profile
}

/** One request that has passed: it may ask, and its body is there. */
export type Asked = {
  readonly request: IncomingMessage
  readonly body: Buffer
  readonly client: Client
  readonly context: Omit<EnrolContext, 'signal' | 'reference'>
  /** Ends when the client has gone. */
  readonly gone: AbortSignal
  /** Told the subject of a request, for the log. */
  readonly about: (subject: DistinguishedName) => void
}

type Perform = (asked: Asked, desk: Desk) => Promise<Answer>

/** @throws {Refused} `popFailed` */
const checkPossession = (
  { request }: Asked,
  { challengePassword, options }: { challengePassword: string | undefined; options: EstServerOptions },
) => {
  const { proofOfPossession, channelBinding: binding } = options
  if (proofOfPossession === 'off' || (proofOfPossession === 'present' && challengePassword === undefined)) return
  const socket = request.socket as TLSSocket
  const wanted = channelBindingOf(socket, { binding, side: 'server' })
  if (wanted === undefined) throw new Refused('popFailed', { detail: `There is no ${binding} over ${socket.getProtocol()}.` })
  if (challengePassword !== wanted) throw new Refused('popFailed')
}

const retryAfter = (ms: number) => ({ 'retry-after': String(Math.max(1, Math.ceil(ms / 1_000))) })

/** Ask the CA, and tell its answer. @throws {Refused} */
const enrol = async (
  asked: Asked,
  { checked, desk, send }: { checked: CheckedCsr; desk: Desk; send: () => Promise<Sent> },
): Promise<{ certificateDer: Buffer; keyPair?: KeyPair }> => {
  const { csr } = checked
  const { context, gone } = asked
  const outcome = await desk.enrolments.enrol({ csr, context, gone, send })
  if (outcome.status === 'issued') return outcome
  if (outcome.status === 'pending')
    throw new Refused('pending', { headers: retryAfter(outcome.retryAfterMs ?? desk.options.retryAfterMs) })
  throw new Refused(outcome.status, { detail: outcome.message })
}

const checkedRequest = (asked: Asked, { desk, keyMatters }: { desk: Desk; keyMatters: boolean }): CheckedCsr => {
  const { options } = desk
  const { minRsaBits, requestSignatures } = options
  const signatureMatters = requestSignatures === 'checked'
  const checked = checkCsr(asked.body, { keyMatters, minRsaBits: Number(minRsaBits), signatureMatters })
  asked.about(checked.csr.subject)
  checkPossession(asked, { challengePassword: checked.challengePassword, options })
  return checked
}

const simpleEnroll: Perform = async (asked, desk) => {
  const checked = checkedRequest(asked, { desk, keyMatters: true })
  const { operation } = asked.context
  if (operation === 'simplereenroll' && desk.options.reenrolSameNames) mustRenew(checked, asked.client)
  const { certificateDer } = await enrol(asked, { checked, desk, send: async () => ({ csrDer: checked.csr.der }) })
  const { request } = asked
  return encoded(buildCertsOnly([certificateDer]), { type: certsOnlyType(operation, desk.profile), profile: desk.profile, request })
}

/** Attributes by which a client asks for an encrypted key (RFC 7030 §4.4.1.2). */
const KEY_ENCRYPTION: readonly string[] = [
  CSR_ATTRIBUTE_OIDS.decryptKeyIdentifier,
  CSR_ATTRIBUTE_OIDS.asymmetricDecryptKeyIdentifier,
]

const serverKeyGen: Perform = async (asked, desk) => {
  if (!desk.options.serverKeyGen) throw new Refused('noOperation')
  const checked = checkedRequest(asked, { desk, keyMatters: false })
  const { subject, attributes } = checked.csr
  // A key that was to be encrypted must not be sent as it is.
  if (attributes.some(({ oid }) => KEY_ENCRYPTION.includes(oid))) throw new Refused('keyEncryption')
  const send = async () => {
    const keyPair = await generateKeyPair(parseKeySpec(desk.options.serverKey))
    const own = attributes.filter(({ oid }) => oid !== CSR_ATTRIBUTE_OIDS.challengePassword)
    return { keyPair, csrDer: await buildCsr({ subject, keyPair, attributes: own }) }
  }
  const { certificateDer, keyPair } = await enrol(asked, { checked, desk, send })
  const key = keyPair!.privateKey.export({ type: 'pkcs8', format: 'der' })
  const layout = layoutFor(desk.profile, asked.request.headers['user-agent'])
  const boundary = `est-${randomBytes(12).toString('hex')}`
  const part = (type: string, bytes: Buffer) => ({
    headers: { 'Content-Type': type, 'Content-Transfer-Encoding': 'base64' },
    body: encodeBase64(bytes, layout),
  })
  const parts = [part(MEDIA_TYPES.pkcs8, key), part(MEDIA_TYPES.certsOnly, buildCertsOnly([certificateDer]))]
  return {
    status: 200,
    headers: { 'content-type': `${MEDIA_TYPES.multipart}; boundary=${boundary}` },
    body: writeMultipart(boundary, parts),
  }
}

const caCerts: Perform = async ({ request, context, gone }, { authority, profile }) => {
  const certificates = await authority.caCerts({ ...context, signal: gone })
  return encoded(buildCertsOnly(certificates), { type: certsOnlyType('cacerts', profile), profile, request })
}

const withPossession = (attrs: CsrAttrs | undefined, options: EstServerOptions): CsrAttrs | undefined => {
  const { challengePassword } = CSR_ATTRIBUTE_OIDS
  if (options.proofOfPossession !== 'required' || attrs?.oids.includes(challengePassword)) return attrs
  return { oids: [...(attrs?.oids ?? []), challengePassword], attributes: attrs?.attributes ?? [] }
}

const csrAttrs: Perform = async ({ request, context }, { authority, options, profile }) => {
  const attrs = withPossession(authority.csrAttrs?.(context.label), options)
  if (!attrs) return { status: 204, headers: {}, body: '' }
  return encoded(formatCsrAttrs(attrs), { type: MEDIA_TYPES.csrAttrs, profile, request })
}

const fullCmc: Perform = async ({ request, body, context, gone }, { authority, profile }) => {
  if (!authority.fullCmc) throw new Refused('noOperation')
  const bytes = decodeBase64(body)
  if (!bytes) throw new Refused('badCmc')
  const answer = await authority.fullCmc(bytes, { ...context, signal: gone })
  return encoded(answer, { type: MEDIA_TYPES.cmcResponse, profile, request })
}

/** What is done for each operation. */
export const PERFORM: Readonly<Record<OperationName, Perform>> = {
  cacerts: caCerts,
  csrattrs: csrAttrs,
  simpleenroll: simpleEnroll,
  simplereenroll: simpleEnroll,
  serverkeygen: serverKeyGen,
  fullcmc: fullCmc,
}
