import { DecodeError, encode, FrameReader, type Message, type MessageName, type MessageOf } from '@capfkit/codec/tvs'
import { BootError, type BootErrorCode } from '../boot/errors.ts'
import type { Environment, Target } from '../environment.ts'
import { Limits, networkError } from '../files/limits.ts'
import { openSecureSocket } from '../files/secure-socket.ts'

/** A whole answer with a certificate is far shorter. */
const MAX_FRAME_BYTES = 16_384
const SESSION_IDS = 2 ** 32

type Question = Omit<MessageOf<'VERIFY_REQUEST'>, 'sessionId'> | Omit<MessageOf<'QUERY_REQUEST'>, 'sessionId'>
const ANSWERS = { VERIFY_REQUEST: 'VERIFY_RESPONSE', QUERY_REQUEST: 'QUERY_RESPONSE' } as const

/** The answer to a question, by its name. */
export type AnswerTo<N extends keyof typeof ANSWERS> = MessageOf<(typeof ANSWERS)[N]>

export type ExchangeInit<N extends keyof typeof ANSWERS> = {
  readonly target: Target
  readonly question: Question & { readonly name: N }
  readonly environment: Environment
  /** Whether the certificate is that of a TVS; asked before anything is sent. */
  readonly accepts: (certificateDer: Buffer) => boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * One question to one TVS over a connection of its own [BOOT-5.2].
 *
 * @throws {BootError} `BOOT_UNREACHABLE`, `BOOT_NO_RESOURCES`, `BOOT_TVS_UNTRUSTED`, `BOOT_TVS_BAD_ANSWER`, `BOOT_ABORTED`.
 */
export const askTvs = async <N extends keyof typeof ANSWERS>(init: ExchangeInit<N>): Promise<AnswerTo<N>> => {
  const { target, question, environment, accepts, timeoutMs, signal } = init
  const where = `${target.host}:${target.port}`
  const startedAt = environment.now()
  const socket = await openSecureSocket({ target, environment, accepts, untrusted: 'BOOT_TVS_UNTRUSTED', timeoutMs, signal })
  const sessionId = Math.floor(environment.random() * SESSION_IDS)
  const reader = new FrameReader({ maxFrameBytes: MAX_FRAME_BYTES })
  const expected: MessageName = ANSWERS[question.name]
  try {
    return await new Promise<AnswerTo<N>>((resolve, reject) => {
      const fail = (code: BootErrorCode, detail: string) => {
        limits.clear()
        reject(new BootError(code, { where, detail }))
      }
      const limits = new Limits({ startTimer: environment.startTimer, signal, where, stop: reject })
      limits.within(Math.max(1, timeoutMs - (environment.now() - startedAt)), 'BOOT_UNREACHABLE')
      socket.on('error', error => {
        limits.clear()
        reject(networkError(error, { where, otherwise: 'BOOT_UNREACHABLE' }))
      })
      socket.once('close', () => fail('BOOT_TVS_BAD_ANSWER', 'the server closed the connection'))
      socket.on('data', chunk => {
        try {
          const [answer] = reader.push(chunk)
          if (!answer) return
          limits.clear()
          if (answer.name === expected && answer.sessionId === sessionId) resolve(answer as AnswerTo<N>)
          else fail('BOOT_TVS_BAD_ANSWER', `${answer.name} of session ${answer.sessionId}`)
        } catch (error) {
          fail('BOOT_TVS_BAD_ANSWER', error instanceof DecodeError ? error.message : 'not a message')
        }
      })
      socket.write(encode({ ...question, sessionId } as Message))
    })
  } finally {
    socket.destroy()
  }
}
