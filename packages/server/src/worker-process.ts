import { createLog, ListenError } from '@capfkit/listen'
import { type CertificateAndKey, pemToDer, readPrivateKey } from '@capfkit/pki'
import { CapfServer } from './capf-server.ts'
import { ServerError } from './errors.ts'
import { openDeviceStore } from './store/open.ts'
import type { DeviceStore } from './store/store.ts'
import type { FromWorker, PemPair, ToWorker } from './worker-messages.ts'

/** The program of one worker: a CAPF server that its parent starts, reloads and drains. Not to be run by hand. */

const REPORT_MS = 1_000

const tell = (message: FromWorker) => {
  if (process.connected) process.send?.(message)
}

const revive = ({ certificatePem, keyPem }: PemPair): CertificateAndKey => ({
  certificatePem,
  keyPem,
  certificateDer: pemToDer(certificatePem)[0]!,
  privateKey: readPrivateKey(keyPem).privateKey,
})

let server: CapfServer | undefined
let store: DeviceStore | undefined

const report = () => {
  if (!server) return
  const { user, system } = process.cpuUsage()
  const { counters, sessions, connections } = server
  const memoryBytes = process.memoryUsage.rss()
  tell({ type: 'report', report: { counts: counters.counts, sessions, connections, cpuMs: (user + system) / 1000, memoryBytes } })
}

const end = async (drainTimeoutMs?: number) => {
  await server?.close(drainTimeoutMs)
  await store?.[Symbol.asyncDispose]()
  report()
  if (process.connected) process.disconnect()
}

const start = async (message: ToWorker & { type: 'start' }) => {
  const { options, certificate, ca, micCas, lscCas, reusePort } = message
  try {
    store = openDeviceStore(options.store, { lockTimeoutMs: options.storeLockTimeoutMs })
    const log = createLog({ level: options.logLevel })
    const init = { store, options, micCas, lscCas, reusePort, log, certificate: revive(certificate) }
    server = await CapfServer.start(ca ? { ...init, ca: revive(ca) } : init)
    tell({ type: 'listening', ...server.address })
    setInterval(report, REPORT_MS).unref()
  } catch (error) {
    const isOurs = error instanceof ServerError || error instanceof ListenError
    const { code, where } = isOurs ? error : { code: undefined, where: 'worker' }
    tell({ type: 'failed', code, where, message: error instanceof Error ? error.message : String(error) })
    await end(0)
  }
}

/** What comes while the server is still being started is done afterwards. */
let started: Promise<void> = Promise.resolve()

const handlers: { [T in ToWorker['type']]: (message: ToWorker & { type: T }) => void } = {
  start: message => {
    started = start(message)
  },
  reload: ({ certificate }) => void started.then(() => server?.reload(revive(certificate))),
  report,
  drain: () => void started.then(() => end()),
  cut: () => server?.cut(),
}

// A terminal sends Ctrl-C to the whole group, and a hang-up when it closes: the parent decides what they mean.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
process.on('message', (message: ToWorker) => handlers[message.type](message as never))
process.on('disconnect', () => void started.then(() => end()).then(() => process.exit(0)))
