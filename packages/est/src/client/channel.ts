import { constants } from 'node:crypto'
import { isIP, type LookupFunction } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { Address } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { EstError, type EstErrorCode } from '../errors.ts'
import { estErrorOf, type Stage } from './node-errors.ts'
import type { EstClientOptions } from './options.ts'
import { type ServerTrust, trustSettings } from './server-trust.ts'

export type ChannelInit = {
  readonly address: Address
  readonly trust: ServerTrust
  /** Shown to a server that asks for one. */
  readonly certificate?: CertificateAndKey
  readonly options: EstClientOptions
  /** How names become addresses: that of the system without it. */
  readonly lookup?: LookupFunction
  /** Operation and address, for errors. */
  readonly where: string
}

type Progress = { stage: Stage; readonly secured: Promise<void> }

const channels = new WeakMap<TLSSocket, Progress>()

/** Until the server is authorised: nothing may be sent before. @throws {EstError} */
export const secured = (socket: TLSSocket): Promise<void> => channels.get(socket)?.secured ?? Promise.resolve()

/** How far a connection has come; what happens to it afterwards is for who uses it to know. */
export const stageOf = (socket: TLSSocket | undefined): Stage | undefined => socket && channels.get(socket)?.stage

/** A timer for one wait after the other. What comes too late ends the connection with its own error. */
const watch = (socket: TLSSocket, { where, progress }: { where: string; progress: Progress }) => {
  let timer: NodeJS.Timeout | undefined
  const wait = (stage: Stage, { timeoutMs, late }: { timeoutMs: number; late: EstErrorCode }) => {
    clearTimeout(timer)
    progress.stage = stage
    timer = setTimeout(() => socket.destroy(new EstError(late, { where, detail: `${timeoutMs} ms` })), timeoutMs)
  }
  socket.once('close', () => clearTimeout(timer))
  return { wait, over: () => clearTimeout(timer) }
}

const settingsOf = ({ address, trust, certificate, options, lookup }: ChannelInit) => ({
  ...address,
  // An address is no name that may be sent.
  ...(isIP(address.host) ? {} : { servername: address.host }),
  ...trustSettings(trust),
  ...(certificate ? { cert: certificate.certificatePem, key: certificate.keyPem } : {}),
  ...(lookup ? { lookup } : {}),
  minVersion: options.tlsMinVersion,
  maxVersion: options.proofOfPossession === 'tls-unique' ? ('TLSv1.2' as const) : options.tlsMaxVersion,
  // A resumed session would have another tls-unique.
  secureOptions: constants.SSL_OP_NO_TICKET,
})

/**
 * A TLS connection that is being opened. Once {@link secured}, its server is authorised: chain and name, or role, were checked
 * (RFC 7030 §3.6); a provisional one never is.
 *
 * @throws {EstError} `EST_CREDENTIAL_INVALID`; everything that goes wrong later is an error of the socket.
 */
export const openChannel = (init: ChannelInit): TLSSocket => {
  const { where, options, certificate } = init
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => {})
  let socket: TLSSocket
  try {
    socket = connect(settingsOf(init))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new EstError(certificate ? 'EST_CREDENTIAL_INVALID' : 'EST_TLS_FAILED', { where, cause, detail })
  }
  const progress: Progress = { stage: 'connect', secured: promise }
  channels.set(socket, progress)
  const { wait, over } = watch(socket, { where, progress })
  wait('connect', { timeoutMs: options.connectTimeoutMs, late: 'EST_CONNECT_TIMEOUT' })
  // First of all, and never removed: an error without a listener would end the process.
  socket.on('error', error => reject(estErrorOf(error, { stage: progress.stage, where })))
  socket.once('close', () => reject(estErrorOf(new Error('the server closed the connection'), { stage: progress.stage, where })))
  socket.once('connect', () => {
    socket.setNoDelay(true)
    wait('tls', { timeoutMs: options.tlsTimeoutMs, late: 'EST_TLS_TIMEOUT' })
  })
  socket.once('secureConnect', () => {
    over()
    progress.stage = 'send'
    resolve()
  })
  return socket
}
