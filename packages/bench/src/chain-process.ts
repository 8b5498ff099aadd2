import { parseOptions } from '@capfkit/codec/options'
import { enrolOverEst, newEstClient, startAdcs, startRa } from '@capfkit/lab'
import type { Address } from '@capfkit/listen'
import { type CertificateAndKey, certificateAndKey, readPrivateKey } from '@capfkit/pki'
import { CapfServer, openDeviceStore, SERVER_OPTIONS } from '@capfkit/server'

/** One link of the Online CA chain, in a process of its own: its CPU is that link's. */

type Pair = { certificateDer: Uint8Array; keyPem: string }
type Starts = {
  adcs: { password: string; template: string; delayMs: number }
  ra: {
    certificate: Pair
    password: string
    adcs: { port: number; roots: readonly Uint8Array[]; template: string; password: string }
  }
  capf: {
    certificate: Pair
    store: string
    /** Another address than any free port, and whether several processes share it. */
    listen?: string
    reusePort?: boolean
    chain?: {
      ra: { address: Address; certificateDer: Uint8Array; password: string }
      roots: readonly Uint8Array[]
      template: string
    }
  }
}

const ANY_PORT = '127.0.0.1:0'
const now = () => new Date()
const pairOf = ({ certificateDer, keyPem }: Pair): CertificateAndKey =>
  certificateAndKey(Buffer.from(certificateDer), readPrivateKey(keyPem).privateKey)
const buffers = (parts: readonly Uint8Array[]) => parts.map(part => Buffer.from(part))

const START: { [R in keyof Starts]: (start: Starts[R]) => Promise<object> } = {
  adcs: async ({ password, template, delayMs }) => {
    const named = delayMs > 0 ? `${template}=issue/delay:${delayMs}` : template
    const { address, authority } = await startAdcs({ listen: ANY_PORT, template: named, password, now })
    return { address, roots: authority.roots }
  },
  ra: async ({ certificate, password, adcs }) => {
    const { address } = await startRa({
      listen: ANY_PORT,
      certificate: pairOf(certificate),
      password,
      adcs: { ...adcs, roots: buffers(adcs.roots) },
      errorLog: { write: () => {} },
      now,
    })
    return { address }
  },
  capf: async ({ certificate, store, listen = ANY_PORT, reusePort = false, chain }) => {
    const online = chain && {
      enrol: enrolOverEst(newEstClient({ ...chain.ra, certificateDer: Buffer.from(chain.ra.certificateDer) })),
      caCertificates: buffers(chain.roots),
      ...chain.ra.address,
      template: chain.template,
    }
    const { address } = await CapfServer.start({
      store: openDeviceStore(store),
      certificate: pairOf(certificate),
      reusePort,
      ...(online ? { onlineCa: online } : {}),
      options: parseOptions(SERVER_OPTIONS, {
        listen,
        issuer: online ? 'online' : 'local',
        maxConnections: 1_000_000,
        maxConnectionsPerAddress: 1_000_000,
        logLevel: 'error',
      }),
    })
    return { address }
  },
}

const role = process.argv[2] as keyof Starts

const usage = () => {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, memoryBytes: process.memoryUsage.rss() }
}

process.on('disconnect', () => process.exit(0))
process.on('message', message => {
  if (message === 'usage') process.send?.(usage())
  else void START[role](message as never).then(started => process.send?.(started))
})
