import type { Socket } from 'node:net'
import { Deadline } from '../deadline.ts'
import type { Trouble } from '../decision.ts'
import type { Environment, Target } from '../environment.ts'
import type { PhoneOptions } from '../options.ts'
import type { SessionResult } from '../result.ts'
import { SessionRecord } from '../session-record.ts'
import { socketFailure } from '../socket-failure.ts'
import type { Disturbance } from './disturbance.ts'

export type OpeningInit = {
  readonly bytes: Buffer
  readonly disturbance: Disturbance
  readonly environment: Environment
  readonly options: PhoneOptions
  readonly signal: AbortSignal | undefined
}

/** A connection that never gets as far as TLS: some bytes, and then nothing until the server has enough. Never rejects. */
export const runOpening = (target: Target, init: OpeningInit): Promise<SessionResult> => {
  const { bytes, disturbance, environment, options, signal } = init
  const { now, startTimer } = environment
  const record = new SessionRecord(now)
  return new Promise(resolve => {
    let socket: Socket | undefined
    const over = (trouble: Trouble) => {
      signal?.removeEventListener('abort', abort)
      deadline.clear()
      record.note(trouble)
      const result = record.finish({})
      // What went wrong before there was a connection has nothing to do with the fault.
      const judged = record.phase === 'connect' ? result : disturbance.judge(result)
      if (!socket || socket.destroyed) resolve(judged)
      else socket.once('close', () => resolve(judged)).destroy()
    }
    const abort = () => over({ code: 'PHONE_ABORTED' })
    const timeUp = () => over({ code: record.phase === 'connect' ? 'PHONE_CONNECT_TIMEOUT' : 'PHONE_TLS_TIMEOUT' })
    const deadline = new Deadline({ startTimer, now, sessionMs: options.sessionTimeoutMs, fire: timeUp })
    deadline.set(options.connectTimeoutMs)
    signal?.addEventListener('abort', abort)
    try {
      socket = environment.connectTcp(target)
    } catch (error) {
      over(socketFailure(error as Error, 'connect'))
      return
    }
    socket.on('error', error => over(socketFailure(error, record.phase === 'connect' ? 'connect' : 'tls')))
    socket.once('connect', () => {
      record.enter('tls')
      deadline.set(disturbance.waitMs(options.tlsTimeoutMs))
      if (bytes.length > 0) socket?.write(bytes)
    })
    // What a server says about it is of no use, but its end is not noticed without a reader.
    socket.resume()
    socket.once('close', () => over({ code: 'PHONE_TLS_FAILED', detail: 'the server closed the connection' }))
  })
}
