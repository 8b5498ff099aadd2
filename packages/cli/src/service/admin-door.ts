import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Address, bind } from '@capfkit/listen'
import { CliError } from '../errors.ts'

/** What can be done through the door. Each gives, or promises, what is answered as JSON. */
export type AdminActions = { status(): unknown; reload(): unknown; drain(): unknown }

/** What only one service can do: by method and path, `POST /approve`, from the query. */
export type FurtherActions = Readonly<Record<string, (query: URLSearchParams) => unknown>>

export type AdminDoorInit = Address & { token: string | undefined; actions: AdminActions; further?: FurtherActions }

const ROUTES: Readonly<Record<string, keyof AdminActions>> = {
  'GET /status': 'status',
  'POST /reload': 'reload',
  'POST /drain': 'drain',
}

const LOOPBACK = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/

const digest = (text: string) => createHash('sha256').update(text).digest()

/** In constant time: the digests are compared. */
const isAllowed = ({ headers }: IncomingMessage, token: string | undefined) =>
  token === undefined || timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))

/** Another page in a browser of this machine must not be able to drain the server: it cannot speak without an Origin. */
const isForeign = ({ headers }: IncomingMessage) => headers.origin !== undefined

const answer = (response: ServerResponse, { status, body }: { status: number; body: unknown }) => {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(`${JSON.stringify(body)}\n`)
}

/** A small HTTP door for operators: `GET /status`, `POST /reload`, `POST /drain`, JSON. */
export class AdminDoor implements AsyncDisposable {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** @throws {CliError} `CLI_ADMIN_OPEN`; {ListenError} `LISTEN_PORT_IN_USE`, `LISTEN_FAILED`. */
  static async open({ host, port, token, actions, further = {} }: AdminDoorInit): Promise<AdminDoor> {
    if (token === undefined && !LOOPBACK.test(host)) throw new CliError('CLI_ADMIN_OPEN', { where: `--admin ${host}:${port}` })
    const server = createServer(async (request, response) => {
      request.resume()
      const [path, query] = (request.url ?? '').split('?', 2)
      const route = `${request.method} ${path}`
      const own = ROUTES[route]
      const action = own ? () => actions[own]() : Object.hasOwn(further, route) ? further[route] : undefined
      if (!isAllowed(request, token) || isForeign(request)) return answer(response, { status: 401, body: { error: 'not allowed' } })
      if (!action)
        return answer(response, {
          status: 404,
          body: { error: `known are ${[...Object.keys(ROUTES), ...Object.keys(further)].join(', ')}` },
        })
      try {
        answer(response, { status: 200, body: await action(new URLSearchParams(query)) })
      } catch (error) {
        answer(response, { status: 500, body: { error: error instanceof Error ? error.message : String(error) } })
      }
    })
    await bind(server, { host, port, name: 'admin on' })
    return new AdminDoor(server)
  }

  get address(): Address {
    const { address, port } = this.#server.address() as AddressInfo
    return { host: address, port }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}
