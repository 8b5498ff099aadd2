import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { buildCertsOnly, buildSignedData, type CertificateAndKey, openSignedData, parseCertsOnly } from '@capfkit/pki'
import { HTTP_LIMITS, HttpLimits } from '@capfkit/scep'
import type { LabClock } from '../../lab-clock.ts'

const PATH = '/cgi-bin/pkiclient.exe'
/** What IOS clients call themselves. */
const USER_AGENT = 'Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)'

/** Nobody waits longer for an answer. */
const ANSWER_TIMEOUT_MS = 10_000
/** A router has little to calculate with: others connect before the first one is answered. On the real clock. */
const ANSWER_MS = 10
const NEXT_CA_TYPE = 'application/x-x509-next-ca-cert'

export type IosPkiInit = {
  readonly clock: LabClock
  /** Of today. */
  readonly ca: CertificateAndKey
  /** The certificate of the next one, DER. */
  readonly shadowDer: Buffer
  /** When that exists, ms since 1970. */
  readonly shadowAtMs: number
}

/** What a client gets to hear, and the next CA certificate where that is there and signed by the CA of today. */
export type NextCaAnswer = { readonly status: number; readonly nextCaDer?: Buffer }

/**
 * The HTTP side of an IOS PKI server: GetNextCACert, which is 404 until there is a shadow certificate, and the limits of its HTTP
 * server. The answer is a SignedData of the CA of today over a certs-only one with the next certificate (RFC 8894 §4.7).
 */
export class IosPki implements AsyncDisposable {
  readonly #init: IosPkiInit
  readonly #server: Server
  readonly #limits = new HttpLimits()

  private constructor(init: IosPkiInit, body: Buffer) {
    this.#init = init
    this.#server = createServer(async (request, response) => {
      await setTimeout(ANSWER_MS)
      const isThere = init.clock.nowMs() >= init.shadowAtMs
      const asksNext = request.url?.startsWith(`${PATH}?operation=GetNextCACert`) === true
      const status = asksNext && isThere ? 200 : 404
      const type = status === 200 ? { 'content-type': NEXT_CA_TYPE } : {}
      response.writeHead(status, { server: 'cisco-IOS', 'accept-ranges': 'none', connection: 'close', ...type })
      response.end(status === 200 ? body : '404 Not Found\r\n')
    })
    this.#server.maxConnections = HTTP_LIMITS.connections
    this.#server.on('connection', socket => {
      if (this.#limits.take({ atMs: init.clock.nowMs() }) === 0) socket.resetAndDestroy()
    })
  }

  static async start(init: IosPkiInit): Promise<IosPki> {
    const pki = new IosPki(init, await buildSignedData(buildCertsOnly([init.shadowDer]), init.ca))
    pki.#server.listen(0, '127.0.0.1')
    await once(pki.#server, 'listening')
    return pki
  }

  /** Ask as a router does; nothing is heard of a server that is full or deaf. */
  async ask(trustpoint: string): Promise<NextCaAnswer | undefined> {
    const { port } = this.#server.address() as AddressInfo
    const path = `${PATH}?operation=GetNextCACert&message=${trustpoint}`
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const request = get({ host: '127.0.0.1', port, path, headers: { 'user-agent': USER_AGENT }, agent: false, signal })
    try {
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      const body = await buffer(response)
      const status = response.statusCode ?? 0
      if (response.headers['content-type'] !== NEXT_CA_TYPE) return { status }
      const content = openSignedData(body, this.#init.ca.certificateDer)
      const [nextCaDer] = content ? parseCertsOnly(content) : []
      return { status, ...(nextCaDer ? { nextCaDer } : {}) }
    } catch {
      return undefined
    }
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
