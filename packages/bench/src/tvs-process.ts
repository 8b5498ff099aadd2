import { connect, createSecureContext, type SecureContext, type SecureVersion } from 'node:tls'
import { encode, FrameReader } from '@capfkit/codec/tvs'
import { createLog } from '@capfkit/listen'
import { certificateAndKey, pemToDer, readPrivateKey } from '@capfkit/pki'
import { CertificateStore, TvsServer } from '@capfkit/tvs'

/** The two ends of the TVS measurement, in processes of their own. */

type ServerStart = { certificatePem: string; keyPem: string; trusted: readonly Uint8Array[] }
type ClientRound = {
  port: number
  version: SecureVersion
  connections: number
  requestsEach: number
  concurrency: number
  certificate: Uint8Array
}

const CAPF_ROLE = 4
/** Whoever is not answered after that is not waited for. */
const PATIENCE_MS = 20_000

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const serve = async ({ certificatePem, keyPem, trusted }: ServerStart) => {
  const { address } = await TvsServer.start({
    certificate: certificateAndKey(pemToDer(certificatePem)[0]!, readPrivateKey(keyPem).privateKey),
    store: new CertificateStore(trusted.map(der => ({ certificateDer: Buffer.from(der), roles: [CAPF_ROLE] }))),
    // One line a connection, as it is by default.
    log: createLog({ level: 'info' }),
    options: { listen: '127.0.0.1:0' },
  })
  process.send?.(address)
}

/** One connection with its requests, each sent when the one before is answered. Gives how long each took; nothing after a failure. */
const once = (round: ClientRound & { context: SecureContext; request: Buffer }) =>
  new Promise<number[]>(resolve => {
    const { port, context, request, requestsEach } = round
    const tookMs: number[] = []
    const reader = new FrameReader()
    let startedMs = performance.now()
    const socket = connect({
      port,
      host: '127.0.0.1',
      secureContext: context,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    socket.setNoDelay(true)
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    socket.on('error', () => {})
    socket.once('secureConnect', () => socket.write(request))
    socket.on('data', chunk => {
      for (const message of reader.push(chunk)) {
        if (message.name !== 'VERIFY_RESPONSE' || message.status !== 0) return void socket.destroy()
        tookMs.push(performance.now() - startedMs)
        startedMs = performance.now()
        if (tookMs.length < requestsEach) socket.write(request)
        else socket.end()
      }
    })
    socket.once('close', () => resolve(tookMs))
  })

const load = async (round: ClientRound) => {
  const { version, connections, concurrency, requestsEach } = round
  const context = createSecureContext({ maxVersion: version, minVersion: version })
  const certificateDer = Buffer.from(round.certificate)
  const request = encode({ name: 'VERIFY_REQUEST', sessionId: 1, certificateDer, deviceName: 'CP-8861-SEP001122334455' })
  const before = cpuMs()
  const startedMs = performance.now()
  const tookMs: number[] = []
  let left = connections
  const lane = async () => {
    while (left-- > 0) tookMs.push(...(await once({ ...round, context, request })))
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  const seconds = (performance.now() - startedMs) / 1000
  const sorted = tookMs.toSorted((a, b) => a - b)
  process.send?.({
    cpuMs: cpuMs() - before,
    seconds,
    answered: tookMs.length,
    failed: connections * requestsEach - tookMs.length,
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1],
  })
}

process.on('message', message => {
  if (message === 'cpu') process.send?.({ cpuMs: cpuMs() })
  else if (process.argv[2] === 'server') void serve(message as ServerStart)
  else void load(message as ClientRound)
})
