import { verify } from 'node:crypto'
import { DIGEST_TYPE, isDeviceName, type Message, type MessageName, type MessageOf, REASON } from '@capfkit/codec/capf'
import { assembleCsr, formatKeySpec, readPublicKey, sameKeySpec } from '@capfkit/pki'
import type { Trust } from './authentication.ts'
import type { Device } from './device.ts'
import { checkFetched } from './fetched.ts'
import type { Installation } from './installation.ts'
import { type EventName, type SessionEvent, type State, takes } from './machine.ts'

/** What a session knows at the moment when a message of its phone arrives. */
export type Situation = {
  state: State
  sessionId: number
  device: Device | undefined
  /** The key that the phone was told to make, and what it was asked to sign with it. */
  install: Pick<Installation, 'keySpec' | 'infoDer' | 'publicKeyDer'> | undefined
  /** The CA is given a request: better one that the phone has signed [CAPF-3.7]. */
  wantsRequest: boolean
  /** REQUEST_IN_PROGRESS so far. */
  inProgress: number
  /** A troubleshoot operation asks for one certificate after the other. */
  fetch: { more: boolean; got: boolean }
  trust: Trust
  at: Date
}

/** What a message means: the event for the machine, what is wrong with it, and what the session keeps of it. */
export type Heard = {
  event: SessionEvent
  /** What is wrong, and the byte of the frame where, if it can be pointed at. */
  detail?: string
  offset?: number
  response?: MessageOf<'AUTH_RESPONSE'>
  publicKeyDer?: Buffer
  /** The request that the phone has signed. */
  csrDer?: Buffer
  /** What the fetched certificate is, in words. */
  fetched?: string
}

const SUPPORTED_VERSIONS = [2, 3]
/** More REQUEST_IN_PROGRESS than any phone sends: a bound on how long a peer can keep a session busy with them. */
const MAX_IN_PROGRESS = 10_000
const OFFSET = { COMMAND: 1, SESSION_ID: 2 } as const

const protocolError = (detail: string, offset?: number): Heard => ({
  event: { name: 'PROTOCOL_ERROR' },
  detail,
  ...(offset === undefined ? {} : { offset }),
})

const words = (error: unknown) => (error instanceof Error ? error.message : String(error))

type Reader<N extends MessageName> = (message: MessageOf<N>, situation: Situation) => Heard

const authResponse: Reader<'AUTH_RESPONSE'> = message => {
  if (!isDeviceName(message.deviceName)) return protocolError('this is not a device name')
  if (SUPPORTED_VERSIONS.includes(message.version)) return { event: { name: 'AUTH_RESP' }, response: message }
  return { ...protocolError(`version ${message.version} is not spoken here`), response: message }
}

const inProgress: Reader<'REQUEST_IN_PROGRESS'> = (_, situation) =>
  situation.inProgress < MAX_IN_PROGRESS
    ? { event: { name: 'KEY_GEN_IN_PROGRESS' } }
    : protocolError('too many REQUEST_IN_PROGRESS', OFFSET.COMMAND)

const key: Reader<'KEY_GENERATE_RESPONSE'> = ({ publicKeyDer, reason, digestType }, { install, wantsRequest }) => {
  const keySpec = install?.keySpec
  try {
    if (!publicKeyDer) throw new Error(`the phone made no key${reason === undefined ? '' : `, REASON ${reason}`}`)
    const { spec } = readPublicKey(publicKeyDer)
    if (!keySpec || !sameKeySpec(spec, keySpec))
      throw new Error(`asked for ${keySpec ? formatKeySpec(keySpec) : 'nothing'}, got ${formatKeySpec(spec)}`)
    const offers = wantsRequest && spec.type === 'rsa' && digestType === DIGEST_TYPE.SHA256
    return { event: { name: offers ? 'KEY_GEN_OFFER' : 'KEY_GEN_RESP' }, publicKeyDer }
  } catch (error) {
    return { event: { name: 'KEY_GEN_FAIL' }, detail: words(error) }
  }
}

const signature: Reader<'SIGN_CERTIFICATE_RESPONSE'> = ({ signedData }, { install }) => {
  const { keySpec, infoDer, publicKeyDer } = install!
  if (verify('sha256', infoDer!, readPublicKey(publicKeyDer!).key, signedData)) {
    const csrDer = assembleCsr({ infoDer: infoDer!, signature: signedData, spec: keySpec, digest: 'sha256' })
    return { event: { name: 'SIGN_CERT_RESP' }, csrDer }
  }
  return {
    event: { name: 'SIGN_CERT_FAIL' },
    detail: 'the signature of the certificate request is not by the key that the phone made',
  }
}

const fetched: Reader<'FETCH_CERTIFICATE_RESPONSE'> = ({ certificate }, { device, trust, at, fetch }) => {
  const got = fetch.got || certificate !== undefined
  const name = fetch.more ? 'FETCH_CERT_MORE' : got ? 'FETCH_CERT_RESP' : 'FETCH_CERT_NONE'
  if (!certificate || !device) return { event: { name } }
  const { ok, isMic, detail } = checkFetched({ device, certificate, trust, at })
  if (ok) return { event: { name }, fetched: detail }
  return { event: { name: 'FETCH_CERT_FAIL', ...(isMic ? { status: 'CAPF_OP_FAIL_INVALID_MIC' } : {}) }, detail }
}

/** A message that says yes or no: REASON 1 is yes, everything else is no [CAPF-2.2]. */
const answer =
  (yes: EventName, no: EventName) =>
  ({ reason }: { reason: number }): Heard =>
    reason === REASON.DONE ? { event: { name: yes } } : { event: { name: no }, detail: `the phone answered REASON ${reason}` }

/** What a phone may send, the event that a state must take for it to be in place, and how it is read. */
const MESSAGES_OF_A_PHONE: { readonly [N in MessageName]?: { readonly event: EventName; readonly read: Reader<N> } } = {
  AUTH_RESPONSE: { event: 'AUTH_RESP', read: authResponse },
  REQUEST_IN_PROGRESS: { event: 'KEY_GEN_IN_PROGRESS', read: inProgress },
  KEY_GENERATE_RESPONSE: { event: 'KEY_GEN_RESP', read: key },
  SIGN_CERTIFICATE_RESPONSE: { event: 'SIGN_CERT_RESP', read: signature },
  STORE_CERTIFICATE_RESPONSE: { event: 'STORE_CERT_RESP', read: answer('STORE_CERT_RESP', 'STORE_CERT_FAIL') },
  DELETE_CERTIFICATE_RESPONSE: { event: 'DELETE_CERT_RESP', read: answer('DELETE_CERT_RESP', 'DELETE_CERT_FAIL') },
  FETCH_CERTIFICATE_RESPONSE: { event: 'FETCH_CERT_RESP', read: fetched },
  END_SESSION: { event: 'HANG_UP', read: () => ({ event: { name: 'HANG_UP' }, detail: 'the phone ended the session' }) },
}

/** Read one message of the phone. Changes nothing and never throws; what is out of place is a PROTOCOL_ERROR. */
export const hear = (message: Message, situation: Situation): Heard => {
  const { state, sessionId } = situation
  if (message.sessionId !== sessionId)
    return protocolError(`${message.name} carries session id ${message.sessionId}, not ${sessionId}`, OFFSET.SESSION_ID)
  const row = MESSAGES_OF_A_PHONE[message.name]
  if (!row) return protocolError(`${message.name} is not a message that a phone sends`, OFFSET.COMMAND)
  if (!takes(state, row.event)) return protocolError(`${message.name} has no place in ${state}`, OFFSET.COMMAND)
  return row.read(message as never, situation)
}
