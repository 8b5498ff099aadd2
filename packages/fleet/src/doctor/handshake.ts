import { duplexPair } from 'node:stream'
import { createSecureContext, type SecureVersion, TLSSocket, connect as tlsConnect } from 'node:tls'
import { newCertificateAndKey } from '@capfkit/server'

/** One TLS handshake, both ends in this process and without a network. @throws what OpenSSL says. */
export type Handshake = (version: 'TLSv1' | 'TLSv1.2') => Promise<void>

/** As the server does it with `--legacy-tls`: OpenSSL speaks TLS 1.0 at its lowest level of security only. */
const LEGACY = { ciphers: 'AES128-SHA:@SECLEVEL=0' } as const

const contextsFor = (version: SecureVersion, { cert, key }: { cert: string; key: string }) => {
  const options = { minVersion: version, maxVersion: version, ...(version === 'TLSv1' ? LEGACY : {}) }
  return { server: createSecureContext({ ...options, cert, key }), client: createSecureContext(options) }
}

const once = ({ server, client }: ReturnType<typeof contextsFor>): Promise<void> =>
  new Promise((done, fail) => {
    const [serverEnd, clientEnd] = duplexPair()
    const accepted = new TLSSocket(serverEnd, { isServer: true, secureContext: server })
    const connected = tlsConnect({
      socket: clientEnd,
      secureContext: client,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    const close = () => {
      accepted.destroy()
      connected.destroy()
    }
    for (const end of [accepted, connected])
      end.once('error', error => {
        close()
        fail(error)
      })
    connected.once('secureConnect', () => {
      close()
      done()
    })
  })

/** The certificate (RSA-2048, as that of a CAPF server) and the contexts are made with the first handshake of a version. */
export const inMemoryHandshakes = (): Handshake => {
  let certificate: ReturnType<typeof newCertificateAndKey> | undefined
  const contexts = new Map<SecureVersion, ReturnType<typeof contextsFor>>()
  return async version => {
    certificate ??= newCertificateAndKey(new Date())
    const { certificatePem: cert, keyPem: key } = await certificate
    const known = contexts.get(version) ?? contextsFor(version, { cert, key })
    contexts.set(version, known)
    await once(known)
  }
}
