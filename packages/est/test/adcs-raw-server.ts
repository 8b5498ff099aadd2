import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Test } from 'tap'
import { AdcsClient, type AdcsClientInit, makeWebCertificate } from '../src/adcs/index.ts'
import { authority } from './adcs-lab.ts'

const { certificatePem, keyPem } = await makeWebCertificate('good', { authority, host: 'localhost', now: () => new Date() })

/** What is sent to the n-th request of a connection, and what comes behind it. */
export type RawAnswer = string | Buffer | { bytes: string | Buffer; ending: 'end' | 'destroy' | 'stall' }

export type RawServer = Awaited<ReturnType<typeof rawServer>>

/** A TLS server whose every byte is the test's, and a client that logs in by Basic, in one request. */
export const rawServer = async (
  t: Test,
  answer: (request: string, number: number) => RawAnswer,
  { tls = {}, client: options = {} }: { tls?: TlsOptions; client?: AdcsClientInit['options'] } = {},
) => {
  const serve = (socket: TLSSocket) => {
    let count = 0
    socket.on('error', () => {})
    socket.on('data', chunk => {
      const given = answer(chunk.toString('latin1'), ++count)
      const { bytes, ending } = typeof given === 'string' || Buffer.isBuffer(given) ? { bytes: given, ending: undefined } : given
      if (bytes.length > 0) socket.write(bytes)
      if (ending === 'end') socket.end()
      if (ending === 'destroy') socket.destroy()
    })
  }
  const server = createServer({ cert: certificatePem, key: keyPem, ...tls }, serve)
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const client = (more: AdcsClientInit['options'] = {}, environment: Partial<AdcsClientInit> = {}) =>
    new AdcsClient({
      trusted: authority.roots,
      ...environment,
      options: { server: `localhost:${port}`, user: 'u', password: 'p', authentication: 'basic', ...options, ...more },
    })
  return { client, port }
}

/** A whole answer. */
export const http = (status: string, body = '', headers: readonly string[] = []) =>
  [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n')

export const MOVED = http('301 Moved Permanently', '', ['Location: /certsrv/'])
