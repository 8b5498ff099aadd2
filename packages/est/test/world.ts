import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import {
  type CertificateAndKey,
  CertificateIssuer,
  certificateAndKey,
  createSelfSigned,
  type DistinguishedName,
  generateKeyPair,
  type KeyPair,
  type ProfileName,
  parseKeySpec,
  parseName,
} from '@capfkit/pki'
import type { Test } from 'tap'
import {
  type Authority,
  EstClient,
  type EstClientInit,
  EstServer,
  type EstServerInit,
  embeddedAuthority,
  type RequestSummary,
  signedCsr,
  trustAnchors,
} from '../src/index.ts'

export const now = () => new Date()
const EC = parseKeySpec('ec:p256')

/** A CA with an EC key, self-signed. */
export const makeCa = async (name = 'CN=TEST CA,O=capfkit TEST'): Promise<CertificateAndKey> => {
  const keyPair = await generateKeyPair(EC)
  const notBefore = new Date(now().getTime() - 3_600_000)
  const der = await createSelfSigned({ profile: 'enterpriseCa', subject: parseName(name), keyPair, notBefore })
  return certificateAndKey(der, keyPair.privateKey)
}

type MadeCertificate = {
  readonly ca: CertificateAndKey
  readonly name?: string
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  readonly profile?: ProfileName
  readonly keyPair?: KeyPair
  /** The clock of the issuer, to make some that are over or not yet valid. */
  readonly at?: Date
  readonly days?: number
}

/** A certificate under a CA, for TLS unless told otherwise. */
export const makeCertificate = async (what: MadeCertificate): Promise<CertificateAndKey> => {
  const { ca, name = 'CN=localhost', dns = ['localhost'], ip = ['127.0.0.1'], profile = 'webServer', at, days } = what
  const keyPair = what.keyPair ?? (await generateKeyPair(EC))
  const issuer = CertificateIssuer.create({
    certificateDer: ca.certificateDer,
    privateKey: ca.privateKey,
    profile,
    now: at ? () => at : now,
    ...(days === undefined ? {} : { days }),
  })
  const { certificateDer } = await issuer.issue({
    subject: parseName(name),
    publicKeyDer: keyPair.publicKeyDer,
    subjectAltName: { dns: [...dns], ip: [...ip] },
  })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}

export const ca = await makeCa()
export const webCertificate = await makeCertificate({ ca })
export const trust = trustAnchors([ca.certificateDer])
export const credentials = { user: 'phones', password: 'opensesame' }
export const users = new Map([[credentials.user, credentials.password]])

/** A running server that leaves with the test, what it said of each request, and clients of it. */
export const serve = async (t: Test, init: Partial<EstServerInit> = {}) => {
  const seen: RequestSummary[] = []
  const authority: Authority = init.authority ?? embeddedAuthority({ ca, now })
  const server = await EstServer.start({
    certificate: webCertificate,
    users,
    onRequest: summary => seen.push(summary),
    ...init,
    authority,
    options: { listen: '127.0.0.1:0', ...init.options },
  })
  t.teardown(() => server[Symbol.asyncDispose]())
  const clientOf = (rest: Partial<EstClientInit> = {}): EstClient => {
    const client = new EstClient({ server: server.address, trust, credentials, ...rest })
    t.teardown(() => client[Symbol.dispose]())
    return client
  }
  return { server, seen, clientOf }
}

/** A phone's request, with a key of its own unless it has one. */
export const request = async (
  name: string | DistinguishedName = 'CN=SEP001122334455',
  rest: Partial<Parameters<typeof signedCsr>[0]> = {},
) => {
  const keyPair = rest.keyPair ?? (await generateKeyPair(EC))
  const subject = typeof name === 'string' ? parseName(name) : name
  return { keyPair, csr: signedCsr({ subject, ...rest, keyPair }) }
}

/** A TLS server of which a test writes every byte: `answer` gets each connection. */
export const scripted = async (t: Test, answer: (socket: TLSSocket) => void, tls: TlsOptions = {}) => {
  const sockets = new Set<TLSSocket>()
  const server: Server = createServer({ cert: webCertificate.certificatePem, key: webCertificate.keyPem, ...tls }, socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    answer(socket)
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const address = { host: '127.0.0.1', port }
  const clientOf = (rest: Partial<EstClientInit> = {}): EstClient => {
    const client = new EstClient({ server: address, trust, ...rest })
    t.teardown(() => client[Symbol.dispose]())
    return client
  }
  return { address, clientOf, sockets }
}

/** Resolves when a whole request, with its body, has come; the next one starts anew. */
export const onRequests = (socket: TLSSocket, answer: (text: string) => void): void => {
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
    if (end < 0 || text.length < end + 4 + length) return
    const whole = text
    text = ''
    answer(whole)
  })
}

/** A scripted server that answers every request in one way. */
export const answering = (t: Test, answer: string | ((socket: TLSSocket, text: string) => void)) =>
  scripted(t, socket =>
    onRequests(socket, text => {
      if (typeof answer === 'string') socket.end(answer, 'latin1')
      else answer(socket, text)
    }),
  )

/** 200 with a body, and its length. */
export const okAnswer = (body: string, headers = 'Content-Type: application/pkcs7-mime; smime-type=certs-only') =>
  `HTTP/1.1 200 OK\r\n${headers}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`
