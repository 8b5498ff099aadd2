import type { ServerResponse } from 'node:http'
import { htmlReply, type Reply } from './certsrv.ts'
import type { Fault } from './faults.ts'
import { errorPage, foreignPage, type PageContext } from './pages.ts'

/** What a fault does with an answer: another answer, or `undefined` when nothing more is to be sent. */
export type FaultyAnswer = {
  readonly response: ServerResponse
  readonly context: PageContext
  /** The answer that there would have been. */
  readonly reply: () => Promise<Reply>
  readonly reset: () => void
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborts when the client is gone, or the server ends. */
  readonly signal: AbortSignal
}

type Effect = (answer: FaultyAnswer, fault: Fault) => Promise<Reply | undefined>

const FILLER = Buffer.alloc(16_384, '<p>and so on</p>\r\n')

const gone = ({ signal }: FaultyAnswer) =>
  new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

const EFFECTS: Readonly<Record<Fault['kind'], Effect>> = {
  silent: async answer => {
    await gone(answer)
    return undefined
  },
  slow: async ({ reply, sleep, signal }, { delayMs = 0 }) => {
    await sleep(delayMs, signal)
    return reply()
  },
  reset: async ({ reset }) => {
    reset()
    return undefined
  },
  close: async ({ response }) => {
    response.socket?.end()
    return undefined
  },
  cut: async ({ response, reply }) => {
    const { headers, body } = await reply()
    response.writeHead(200, { ...headers, 'content-length': body.length })
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.end())
    return undefined
  },
  endless: async answer => {
    const { response, signal } = answer
    response.writeHead(200, { 'content-type': 'text/html' })
    const more = (): void => {
      if (signal.aborted) return
      if (response.write(FILLER)) setImmediate(more)
      else response.once('drain', more)
    }
    more()
    await gone(answer)
    return undefined
  },
  'wrong-page': async () => htmlReply(foreignPage()),
  'server-error': async () => htmlReply('', 'failed'),
  forbidden: async () => htmlReply('', 'forbidden'),
  'no-rpc': async ({ context }) => htmlReply(errorPage(context, { result: 'noRpc' })),
}

export const faultyAnswer: Effect = (answer, fault) => EFFECTS[fault.kind](answer, fault)
