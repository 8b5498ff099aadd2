import { connect, createSecureContext, createServer, type SecureVersion } from 'node:tls'

/** The two ends of the bare TLS measurement, in processes of their own. */

type ServerStart = { certificatePem: string; keyPem: string; version: SecureVersion }
type ClientRound = { port: number; connections: number; concurrency: number; version: SecureVersion }

const GROUPS = 'X25519:P-256:P-384:P-521'
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const serve = ({ certificatePem, keyPem, version }: ServerStart) => {
  const server = createServer(
    { cert: certificatePem, key: keyPem, maxVersion: version, minVersion: version, ecdhCurve: GROUPS },
    socket => {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.once('data', byte => socket.end(byte))
    },
  )
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
    process.send?.({ port: (server.address() as { port: number }).port }),
  )
}

const once = ({ port, context }: { port: number; context: ReturnType<typeof createSecureContext> }) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      secureContext: context,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    socket.setNoDelay(true)
    socket.once('error', reject)
    socket.once('secureConnect', () => socket.write('x'))
    socket.on('data', () => {})
    socket.once('close', () => resolve())
  })

const load = async ({ port, connections, concurrency, version }: ClientRound) => {
  const context = createSecureContext({ maxVersion: version, minVersion: version })
  const before = cpuMs()
  const startedMs = performance.now()
  let left = connections
  const lane = async () => {
    while (left-- > 0) await once({ port, context })
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  process.send?.({ cpuMs: cpuMs() - before, seconds: (performance.now() - startedMs) / 1000 })
}

process.on('message', message => {
  if (message === 'cpu') process.send?.({ cpuMs: cpuMs(), seconds: 0 })
  else if (process.argv[2] === 'server') serve(message as ServerStart)
  else void load(message as ClientRound)
})
