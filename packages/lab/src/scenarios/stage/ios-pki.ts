import { once } from 'node:events'
import { createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HttpLimits } from '@capfkit/scep'
import type { LabClock } from '../../lab-clock.ts'

const PATH = '/cgi-bin/pkiclient.exe'
/** What IOS clients call themselves. */
const USER_AGENT = 'Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)'

export type IosPkiInit = {
  readonly clock: LabClock
  /** When the next CA certificate exists, ms since 1970. */
  readonly shadowAtMs: number
}

/**
 * The HTTP side of an IOS PKI server: GetNextCACert, which is 404 until there is a shadow certificate, and the limits of its HTTP
 * server. What it answers afterwards is a stand-in: nobody here reads it.
 */
export class IosPki implements AsyncDisposable {
  shadowAtMs: number
  readonly #clock: LabClock
  readonly #server: Server
  readonly #limits = new HttpLimits()

  private constructor({ clock, shadowAtMs }: IosPkiInit) {
    this.#clock = clock
    this.shadowAtMs = shadowAtMs
    this.#server = createServer((request, response) => {
      const isThere = this.#clock.nowMs() >= this.shadowAtMs
      const asksNext = request.url?.startsWith(`${PATH}?operation=GetNextCACert`) === true
      const status = asksNext && isThere ? 200 : 404
      const type = status === 200 ? { 'content-type': 'application/x-x509-next-ca-cert' } : {}
      response.writeHead(status, { server: 'cisco-IOS', 'accept-ranges': 'none', connection: 'close', ...type })
      response.end(status === 200 ? 'TEST next CA' : '404 Not Found\r\n')
    })
    this.#server.on('connection', socket => {
      if (this.#limits.take({ atMs: this.#clock.nowMs() }) === 0) socket.resetAndDestroy()
    })
  }

  static async start(init: IosPkiInit): Promise<IosPki> {
    const pki = new IosPki(init)
    pki.#server.listen(0, '127.0.0.1')
    await once(pki.#server, 'listening')
    return pki
  }

  /** What a client gets to hear: a status, or nothing. */
  ask(trustpoint: string): Promise<number | undefined> {
    const { port } = this.#server.address() as AddressInfo
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    const path = `${PATH}?operation=GetNextCACert&message=${trustpoint}`
    const request = get({ host: '127.0.0.1', port, path, headers: { 'user-agent': USER_AGENT }, agent: false }, response => {
      response.resume()
      response.once('end', () => resolve(response.statusCode))
    })
    request.once('error', () => resolve(undefined))
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Dec 31 03:14:39.187` */
const debugTime = (at: Date): string =>
  `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 23)}`

/** What `debug crypto pki` writes of one question and its answer; a server that is deaf gives none. */
export const pkiDebug = ({ at, trustpoint, status }: { at: Date; trustpoint: string; status: number | undefined }): string => {
  const line = (text: string) => `${debugTime(at)}: ${text}\n`
  const asked =
    line(`PKI: Shadow state for ${trustpoint} now GET_NEW_CA_CERT`) +
    line('CRYPTO_PKI: Sending Next CA Certificate Request:') +
    `GET ${PATH}?operation=GetNextCACert&message=${trustpoint} HTTP/1.0\nUser-Agent: ${USER_AGENT}\n\n`
  const failed = `${line('%Error in connection to Certificate Authority:')}status = FAIL\n`
  if (status === undefined) return asked + failed
  const words = status === 200 ? 'OK' : 'Not Found'
  const answered = `${line('CRYPTO_PKI: Reply HTTP header:')}HTTP/1.1 ${status} ${words}\nServer: cisco-IOS\nAccept-Ranges: none\n\n`
  const refused = `Content-Type indicates we did not receive a certificate.\n${failed}`
  const waits = line(`PKI: Shadow state for ${trustpoint} now GET_NEW_CA_CERT_WAIT_FOR_RETRY`)
  return asked + answered + (status === 200 ? '' : refused + waits)
}
