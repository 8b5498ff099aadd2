import { constants } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Address } from '@capfkit/listen'
import type { CertificateAndKey } from '@capfkit/pki'
import { EstError, type EstErrorCode } from '../errors.ts'
import { estErrorOf, type Stage } from './node-errors.ts'
import type { EstClientOptions } from './options.ts'
import { type ServerTrust, trustSettings } from './server-trust.ts'

/** Opens a TCP connection: Node's own, or that of a test. */
export type Connect = (address: Address) => Socket

export type ChannelInit = {
  readonly address: Address
  readonly trust: ServerTrust
  /** Shown to a server that asks for one. */
  readonly certificate?: CertificateAndKey
  readonly options: EstClientOptions
  readonly connect?: Connect
  /** Operation and address, for errors. */
  readonly where: string
}

type Wait = { readonly stage: Stage; readonly timeoutMs: number; readonly late: EstErrorCode }

/** Until an event, a failure, or the time is up. */
const until = async (socket: Socket, event: string, { wait, where }: { wait: Wait; where: string }): Promise<void> => {
  const timer = setTimeout(() => socket.destroy(new EstError(wait.late, { where, detail: `${wait.timeoutMs} ms` })), wait.timeoutMs)
  const over = new AbortController()
  try {
    const closed = once(socket, 'close', { signal: over.signal }).then(() => {
      throw new Error('the server closed the connection')
    })
    await Promise.race([once(socket, event, { signal: over.signal }), closed])
  } catch (error) {
    throw estErrorOf(error, { stage: wait.stage, where })
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

/**
 * A TLS connection to a server that is authorised: chain and name, or role, were checked (RFC 7030 §3.6). A provisional one
 * never is. There are no tickets: a resumed session would have another tls-unique.
 *
 * @throws {EstError} for each way in which this fails; the connection is gone then.
 */
export const openChannel = async (init: ChannelInit): Promise<TLSSocket> => {
  const { address, trust, certificate, options, where, connect = connectTcp } = init
  const { connectTimeoutMs, tlsTimeoutMs, tlsMinVersion, tlsMaxVersion, proofOfPossession } = options
  let tcp: Socket
  try {
    tcp = connect(address)
  } catch (error) {
    throw estErrorOf(error, { stage: 'connect', where })
  }
  // First of all, and never removed: an error without a listener would end the process.
  tcp.on('error', () => {})
  if (tcp.connecting) {
    const wait: Wait = { stage: 'connect', timeoutMs: connectTimeoutMs, late: 'EST_CONNECT_TIMEOUT' }
    await until(tcp, 'connect', { wait, where })
  }
  tcp.setNoDelay(true)
  let socket: TLSSocket
  try {
    socket = connectTls({
      socket: tcp,
      // The name that certificates are compared with; an address is no name that may be sent.
      host: address.host,
      ...(isIP(address.host) ? {} : { servername: address.host }),
      ...trustSettings(trust),
      ...(certificate ? { cert: certificate.certificatePem, key: certificate.keyPem } : {}),
      minVersion: tlsMinVersion,
      maxVersion: proofOfPossession === 'tls-unique' ? 'TLSv1.2' : tlsMaxVersion,
      secureOptions: constants.SSL_OP_NO_TICKET,
    })
  } catch (cause) {
    tcp.destroy()
    const code = certificate ? 'EST_CREDENTIAL_INVALID' : 'EST_TLS_FAILED'
    throw new EstError(code, { where, cause, detail: cause instanceof Error ? cause.message : String(cause) })
  }
  socket.on('error', () => {})
  const wait: Wait = { stage: 'tls', timeoutMs: tlsTimeoutMs, late: 'EST_TLS_TIMEOUT' }
  try {
    await until(socket, 'secureConnect', { wait, where })
  } catch (error) {
    tcp.destroy()
    throw error
  }
  return socket
}
