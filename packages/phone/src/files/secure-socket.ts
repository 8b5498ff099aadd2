import type { TLSSocket } from 'node:tls'
import { BootError, type BootErrorCode } from '../boot/errors.ts'
import type { Environment, Target } from '../environment.ts'
import { Limits, networkError } from './limits.ts'

export type SecureSocketRequest = {
  readonly target: Target
  readonly environment: Environment
  /** Whether the certificate that the server shows is one of those that the phone expects there. */
  readonly accepts: (certificateDer: Buffer) => boolean
  /** What is thrown when it is not. */
  readonly untrusted: BootErrorCode
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * A TLS connection to a server whose certificate was accepted; nothing was sent on it yet. Whoever takes it listens for `error`.
 *
 * @throws {BootError} `BOOT_UNREACHABLE`, `BOOT_NO_RESOURCES`, `BOOT_ABORTED`, or `untrusted`.
 */
export const openSecureSocket = (request: SecureSocketRequest): Promise<TLSSocket> => {
  const { target, environment, accepts, untrusted, timeoutMs, signal } = request
  const where = `${target.host}:${target.port}`
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new BootError('BOOT_ABORTED', { where }))
      return
    }
    const socket = environment.connect({ ...target, tls: environment.tls })
    const fail = (error: unknown) => {
      limits.clear()
      socket.destroy()
      reject(networkError(error, { where, otherwise: 'BOOT_UNREACHABLE' }))
    }
    const limits = new Limits({ startTimer: environment.startTimer, signal, where, stop: fail })
    limits.within(timeoutMs, 'BOOT_UNREACHABLE')
    socket.on('error', fail)
    socket.once('close', () => fail(new Error('the server closed the connection during the handshake')))
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()?.raw
      if (!shown || !accepts(shown)) {
        fail(new BootError(untrusted, { where }))
        return
      }
      limits.clear()
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}
