import { createServer as createTcpServer, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { derToPem } from '@capfkit/pki'
import t, { type Test } from 'tap'
import { estErrorOf, type Stage } from '../src/client/node-errors.ts'
import { EST_ERRORS, EstClient, type EstClientInit, EstError, trustAnchors } from '../src/index.ts'
import { ca, makeCa, makeCertificate, now, onRequests, scripted, serve, trust, webCertificate } from './world.ts'

const DAY = 86_400_000
const root = await makeCa('CN=TEST Root')
const intermediate = await makeCertificate({ ca: root, name: 'CN=TEST Intermediate', profile: 'enterpriseCa', dns: [], ip: [] })
const underIntermediate = await makeCertificate({ ca: intermediate })

const asking = (t: Test, init: Pick<EstClientInit, 'server'> & Partial<EstClientInit>) => {
  const client = new EstClient({ trust, ...init })
  t.teardown(() => client[Symbol.dispose]())
  return client.caCerts()
}

/** A port where this happens to each TCP connection. */
const tcp = async (t: Test, happens: (socket: Socket) => void) => {
  const sockets = new Set<Socket>()
  const server = createTcpServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    happens(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port }
}

const rejectsWith = async (t: Test, asked: Promise<unknown>, wanted: { code: string; libest: string; curl: number }) => {
  const error = await asked.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof EstError)) return t.fail(`not an EstError: ${error}`)
  t.equal(error.code, wanted.code)
  t.equal(error.libest.name, `EST_ERR_${wanted.libest}`)
  t.equal(error.curl, wanted.curl)
  t.match(error.message, `(${wanted.code})`)
  t.notMatch(error.message, /^(?:read |write |connect )?E[A-Z]+/, 'never a bare code of the system')
}

t.test('nothing listens', async t => {
  const address = await tcp(t, () => {})
  const closed = { host: '127.0.0.1', port: 1 }
  await rejectsWith(t, asking(t, { server: closed }), { code: 'EST_CONNECT_REFUSED', libest: 'IP_CONNECT', curl: 7 })
  t.ok(address.port)
})

t.test('nobody knows the name', async t => {
  const lookup = ((host: string, _: unknown, done: (error: Error) => void) =>
    done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }))) as never
  const asked = asking(t, { server: { host: 'ra.invalid', port: 8084 }, lookup })
  await rejectsWith(t, asked, { code: 'EST_NAME_UNRESOLVABLE', libest: 'IP_GETADDR', curl: 6 })
})

t.test('a name with several addresses, none of which answers', async t => {
  const lookup = ((_: string, options: { all?: boolean }, done: (...args: unknown[]) => void) =>
    options.all
      ? done(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ])
      : done(null, '127.0.0.1', 4)) as never
  const asked = asking(t, { server: { host: 'ra.example', port: 1 }, lookup })
  await rejectsWith(t, asked, { code: 'EST_CONNECT_REFUSED', libest: 'IP_CONNECT', curl: 7 })
})

t.test('the name is never answered', async t => {
  const lookup = (() => {}) as never
  const asked = asking(t, { server: { host: 'ra.example', port: 1 }, lookup, options: { connectTimeoutMs: 20 } })
  await rejectsWith(t, asked, { code: 'EST_CONNECT_TIMEOUT', libest: 'IP_CONNECT', curl: 28 })
})

t.test('a port that says nothing, something else, or good-bye', async t => {
  const silent = await tcp(t, () => {})
  const late = { code: 'EST_TLS_TIMEOUT', libest: 'SSL_CONNECT', curl: 28 }
  await rejectsWith(t, asking(t, { server: silent, options: { tlsTimeoutMs: 20 } }), late)
  const http = await tcp(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const failed = { code: 'EST_TLS_FAILED', libest: 'SSL_CONNECT', curl: 35 }
  await rejectsWith(t, asking(t, { server: http }), failed)
  await rejectsWith(t, asking(t, { server: await tcp(t, socket => socket.end()) }), failed)
  await rejectsWith(t, asking(t, { server: await tcp(t, socket => socket.once('data', () => socket.resetAndDestroy())) }), failed)
})

/** Servers whose certificate cannot be accepted, and what Node has no one word for. */
const CERTIFICATES: readonly {
  what: string
  code: string
  libest?: string
  tls: () => Promise<TlsOptions>
  trust?: EstClientInit['trust']
}[] = [
  {
    what: 'another host name',
    code: 'EST_SERVER_NAME_MISMATCH',
    libest: 'FQDN_MISMATCH',
    tls: async () => pair(await makeCertificate({ ca, dns: ['other.example'], ip: ['127.0.0.2'] })),
  },
  {
    what: 'only its leaf, issuer unknown',
    code: 'EST_SERVER_CHAIN_INCOMPLETE',
    tls: async () => pair(underIntermediate),
    trust: trustAnchors([root.certificateDer]),
  },
  {
    what: 'leaf and intermediate, root unknown',
    code: 'EST_SERVER_CHAIN_INCOMPLETE',
    tls: async () => ({ cert: underIntermediate.certificatePem + intermediate.certificatePem, key: underIntermediate.keyPem }),
  },
  {
    what: 'the whole chain, root untrusted',
    code: 'EST_SERVER_ROOT_UNTRUSTED',
    tls: async () => ({
      cert: underIntermediate.certificatePem + intermediate.certificatePem + root.certificatePem,
      key: underIntermediate.keyPem,
    }),
  },
  { what: 'self-signed', code: 'EST_SERVER_SELF_SIGNED', tls: async () => pair(await makeCa('CN=localhost')) },
  {
    what: 'not valid yet',
    code: 'EST_SERVER_NOT_YET_VALID',
    tls: async () => pair(await makeCertificate({ ca, at: new Date(now().getTime() + 2 * DAY) })),
  },
  {
    what: 'over',
    code: 'EST_SERVER_EXPIRED',
    tls: async () => pair(await makeCertificate({ ca, at: new Date(now().getTime() - 2 * DAY), days: 1 })),
  },
  {
    what: 'made for something else',
    code: 'EST_SERVER_CERTIFICATE_REFUSED',
    tls: async () => pair(await makeCertificate({ ca, profile: 'unfitLsc' })),
  },
]

const pair = ({ certificatePem, keyPem }: { certificatePem: string; keyPem: string }): TlsOptions => ({
  cert: certificatePem,
  key: keyPem,
})

t.test('the certificate of the server', async t => {
  for (const { what, code, libest = 'SSL_CONNECT', tls, trust: anchors } of CERTIFICATES)
    await t.test(what, async t => {
      const { address } = await scripted(t, () => t.fail('nothing may be sent'), await tls())
      await rejectsWith(t, asking(t, { server: address, ...(anchors ? { trust: anchors } : {}) }), { code, libest, curl: 60 })
    })
  t.test('an intermediate that is trusted is enough', async t => {
    const { server } = await serve(t, { certificate: underIntermediate })
    t.equal((await asking(t, { server: server.address, trust: trustAnchors([intermediate.certificateDer]) })).length, 1)
  })
})

t.test('a server that wants a client certificate', async t => {
  const tls = { requestCert: true, rejectUnauthorized: true, ca: derToPem(ca.certificateDer) }
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const { server } = await serve(t, {
      clientCas: [ca.certificateDer],
      options: { clientCertificates: 'required', tlsMinVersion: version, tlsMaxVersion: version },
    })
    const stranger = await makeCertificate({ ca: root, profile: 'lsc' })
    const asked = asking(t, { server: server.address, certificate: stranger })
    await t.rejects(
      asked,
      {
        name: 'EstError',
        code: /^EST_(?:CLIENT_CERTIFICATE_(?:REQUIRED|REFUSED)|TLS_FAILED|NO_ANSWER|CONNECTION_LOST|WRITE_FAILED)$/,
      },
      `${version}, a stranger`,
    )
    await t.rejects(asking(t, { server: server.address }), { name: 'EstError' }, `${version}, without one`)
    const known = await makeCertificate({ ca, profile: 'lsc' })
    t.equal((await asking(t, { server: server.address, certificate: known })).length, 1, `${version}, a known one`)
  }
  const { address } = await scripted(t, () => {}, { ...pair(webCertificate), ...tls, minVersion: 'TLSv1.3' })
  await rejectsWith(t, asking(t, { server: address }), { code: 'EST_CLIENT_CERTIFICATE_REQUIRED', libest: 'SSL_CONNECT', curl: 56 })
})

t.test('certificate and key that do not fit cannot be used', async t => {
  const [one, other] = [await makeCertificate({ ca }), await makeCertificate({ ca })]
  const certificate = { ...one, keyPem: other.keyPem }
  await rejectsWith(t, asking(t, { server: { host: '127.0.0.1', port: 1 }, certificate }), {
    code: 'EST_CREDENTIAL_INVALID',
    libest: 'CLIENT_INVALID_KEY',
    curl: 58,
  })
})

t.test('a server that takes the request and then', async t => {
  t.test('says nothing', async t => {
    const { clientOf } = await scripted(t, socket => void socket.resume())
    const asked = clientOf({ options: { responseTimeoutMs: 20 } }).caCerts()
    await rejectsWith(t, asked, { code: 'EST_READ_TIMEOUT', libest: 'SSL_READ', curl: 28 })
  })
  t.test('closes', async t => {
    const { clientOf } = await scripted(t, socket => onRequests(socket, () => socket.end()))
    await rejectsWith(t, clientOf().caCerts(), { code: 'EST_NO_ANSWER', libest: 'SSL_READ', curl: 52 })
  })
  t.test('breaks', async t => {
    const { clientOf } = await scripted(t, socket =>
      onRequests(socket, () => (socket as unknown as { _parent: Socket })._parent.resetAndDestroy()),
    )
    await rejectsWith(t, clientOf().caCerts(), { code: 'EST_CONNECTION_LOST', libest: 'SYSCALL', curl: 56 })
  })
  t.test('ends in the middle', async t => {
    const { clientOf } = await scripted(t, socket =>
      onRequests(socket, () =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 100\r\n\r\nMII'),
      ),
    )
    await rejectsWith(t, clientOf().caCerts(), { code: 'EST_TRUNCATED', libest: 'BAD_CONTENT_LEN', curl: 18 })
  })
  t.test('speaks something else', async t => {
    const { clientOf } = await scripted(t, socket => onRequests(socket, () => socket.end('SSH-2.0-OpenSSH\r\n')))
    await rejectsWith(t, clientOf().caCerts(), { code: 'EST_NOT_HTTP', libest: 'HTTP_UNSUPPORTED', curl: 1 })
  })
  t.test('never stops', async t => {
    const { clientOf } = await scripted(t, socket =>
      onRequests(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\n\r\n')
        const more = () => void (socket.writable && socket.write('A'.repeat(65_536), more))
        more()
      }),
    )
    const asked = clientOf({ options: { maxResponseBytes: 100_000 } }).caCerts()
    await rejectsWith(t, asked, { code: 'EST_TOO_LARGE', libest: 'BUF_EXCEEDS_MAX_LEN', curl: 63 })
  })
  t.test('announces a gigabyte', async t => {
    const { clientOf } = await scripted(t, socket =>
      onRequests(socket, () =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 1000000000\r\n\r\n'),
      ),
    )
    await rejectsWith(t, clientOf().caCerts(), { code: 'EST_TOO_LARGE', libest: 'BUF_EXCEEDS_MAX_LEN', curl: 63 })
  })
  t.test('sends headers without end', async t => {
    const { clientOf } = await scripted(t, socket =>
      onRequests(socket, () => socket.write(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`)),
    )
    await rejectsWith(t, clientOf().caCerts(), { code: 'EST_NOT_HTTP', libest: 'HTTP_UNSUPPORTED', curl: 1 })
  })
})

t.test('the caller may end it, whatever it waits for', async t => {
  const { clientOf } = await scripted(t, socket => void socket.resume())
  const client = clientOf({ options: { maxConnections: 1 } })
  const first = new AbortController()
  const waiting = client.caCerts({ signal: first.signal })
  const second = client.caCerts({ signal: AbortSignal.timeout(20) })
  await t.rejects(second, { code: 'EST_ABORTED', curl: 42 }, 'one that waits for a connection')
  first.abort()
  await t.rejects(waiting, { code: 'EST_ABORTED' }, 'one that waits for an answer')
  await t.rejects(client.caCerts({ signal: AbortSignal.abort() }), { code: 'EST_ABORTED' }, 'one that has not begun')
})

t.test('every error of Node has a code of ours, at every stage', async t => {
  const codes = [
    'ECONNRESET',
    'EPIPE',
    'EHOSTUNREACH',
    'EMFILE',
    'CERT_REVOKED',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'HPE_INVALID_CONSTANT',
    'EWHATEVER',
    undefined,
  ]
  for (const stage of ['connect', 'tls', 'send', 'read'] as Stage[])
    for (const code of codes) {
      const error = estErrorOf(Object.assign(new Error('words'), code === undefined ? {} : { code }), {
        stage,
        where: 'cacerts at h:1',
      })
      t.ok(error.code in EST_ERRORS, `${code} while ${stage}: ${error.code}`)
    }
  t.equal(estErrorOf('a string', { stage: 'read', where: 'x' }).code, 'EST_CONNECTION_LOST')
})
