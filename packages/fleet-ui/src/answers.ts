import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { LiveHistory, LiveSnapshot, PhoneSource } from '@capfkit/fleet/live'
import { ACTIONS, parseAction, type RunControl } from './control.ts'
import { UI_ERRORS, UiError } from './errors.ts'
import { type EventStream, eventText } from './event-stream.ts'
import { isForeignOrigin, isOwnHost, tokenProblem } from './guard.ts'
import type { PageFiles } from './page-files.ts'
import { ROUTE_NAMES, ROUTES, type RouteName } from './routes.ts'

/** What is answered from. */
export type Behind = {
  /** The host that is listened on. */
  readonly host: string
  readonly token: string
  readonly control: RunControl
  readonly phones: PhoneSource
  /** Absent as long as they are being made. */
  files(): PageFiles | undefined
  readonly events: EventStream
  readonly history: LiveHistory
  snapshot(): LiveSnapshot | undefined
}

// Nothing but what this server has made runs or is shown, and no other page may show this one.
const PAGE_POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...[
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ],
].join('; ')

const HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const MOST_BODY_BYTES = 1_024
const MOST_NAME = 128
/** Recordings that are searched at once. */
const MOST_SEARCHES = 2

const sendJson = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(body)}\n`)
}

const refuse = (response: ServerResponse, error: UiError): void => {
  const { code, message } = error
  const { status } = UI_ERRORS[code]
  if (response.headersSent) response.destroy()
  else sendJson(response, { error: { code, message } }, status)
}

/** @throws {UiError} `UI_TOO_LARGE`. */
const bodyOf = async (request: IncomingMessage, where: string): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) throw new UiError('UI_TOO_LARGE', where)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

type Asked = { request: IncomingMessage; response: ServerResponse; query: URLSearchParams; where: string }

const bad = (where: string, sentence: string) => new UiError('UI_BAD_REQUEST', where, { cause: new Error(sentence) })

/** What the server says to each request. */
export class Answers {
  readonly #behind: Behind
  #searches = 0

  constructor(behind: Behind) {
    this.#behind = behind
  }

  readonly answer: RequestListener = (request, response) => {
    const url = request.url ?? '/'
    const at = url.indexOf('?')
    const path = at === -1 ? url : url.slice(0, at)
    const where = `${request.method} ${path.slice(0, MOST_NAME)}`
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const asked = { request, response, query: new URLSearchParams(at === -1 ? '' : url.slice(at)), where }
    this.#answer(path, asked).catch(error => {
      // A body that was not read to its end would be taken for the next request.
      response.setHeader('connection', 'close')
      refuse(response, error instanceof UiError ? error : new UiError('UI_FAILED', where, { cause: error }))
    })
  }

  async #answer(path: string, asked: Asked): Promise<void> {
    const { request, response, where } = asked
    const { host, token } = this.#behind
    if (!isOwnHost(request.headers.host, host)) throw new UiError('UI_FOREIGN_HOST', where)
    const name = ROUTE_NAMES.find(route => ROUTES[route].path === path)
    const files = this.#behind.files()
    const file = name === undefined ? files?.get(path) : undefined
    if (name === undefined && file === undefined) throw new UiError(files ? 'UI_NOT_FOUND' : 'UI_NOT_YET', where)
    const { method, who } = name === undefined ? { method: 'GET', who: 'anyone' } : ROUTES[name]
    if (request.method !== method) {
      response.setHeader('allow', method)
      throw new UiError('UI_WRONG_METHOD', where)
    }
    if (who === 'token') {
      if (isForeignOrigin(request)) throw new UiError('UI_FOREIGN_ORIGIN', where)
      const problem = tokenProblem(request, token)
      if (problem) throw new UiError(problem, where)
    }
    if (name !== undefined) await this.#routes[name](asked)
    else response.writeHead(200, { 'content-type': file!.type, 'content-length': file!.bytes.length }).end(file!.bytes)
  }

  readonly #routes: Readonly<Record<RouteName, (asked: Asked) => void | Promise<void>>> = {
    snapshot: ({ response, where }) => {
      const snapshot = this.#behind.snapshot()
      if (!snapshot) throw new UiError('UI_NOT_YET', where)
      sendJson(response, snapshot)
    },
    events: ({ response, where }) => {
      const { events, snapshot } = this.#behind
      if (events.isFull) throw new UiError('UI_BUSY', where)
      const present = snapshot()
      events.add(response, present && eventText('snapshot', present))
    },
    history: ({ response }) => sendJson(response, this.#behind.history.encode()),
    operations: ({ response }) => sendJson(response, this.#behind.phones.recent()),
    phone: asked => this.#phone(asked),
    control: async ({ request, response, where }) => {
      if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
        throw bad(where, 'the content type must be application/json')
      const parsed = parseAction(await bodyOf(request, where))
      if (typeof parsed === 'string') throw bad(where, parsed)
      const { control } = this.#behind
      ACTIONS[parsed.action].perform(control, parsed.factor)
      sendJson(response, control.state)
    },
  }

  async #phone({ response, query, where }: Asked): Promise<void> {
    const name = query.get('name') ?? ''
    if (name === '' || name.length > MOST_NAME) throw bad(where, `name must have 1 to ${MOST_NAME} characters`)
    if (this.#searches >= MOST_SEARCHES) throw new UiError('UI_BUSY', where)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    this.#searches++
    try {
      sendJson(response, await this.#behind.phones.phone(name, gone.signal))
    } finally {
      this.#searches--
    }
  }
}
