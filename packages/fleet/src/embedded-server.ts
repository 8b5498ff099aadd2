import { join } from 'node:path'
import { parseOptions } from '@capfkit/codec/options'
import { type GroupReport, newCertificateAndKey, SERVER_OPTIONS, ServerGroup } from '@capfkit/server'
import type { FleetOptions } from './options.ts'

/** A server that runs in processes of its own for the time of a run. */
export type EmbeddedServer = AsyncDisposable & {
  address: { host: string; port: number }
  certificateDer: Buffer
  storeUrl: string
  report(): Promise<GroupReport>
}

export const startEmbeddedServer = async (init: {
  options: FleetOptions
  folder: string
  micCa: { certificateDer: Buffer }
}): Promise<EmbeddedServer> => {
  const { options, folder, micCa } = init
  const certificate = await newCertificateAndKey(new Date())
  const storeUrl = `sqlite:${join(folder, 'devices.db')}`
  const group = await ServerGroup.start({
    certificate,
    micCas: [micCa.certificateDer],
    options: parseOptions(SERVER_OPTIONS, {
      listen: '127.0.0.1:0',
      store: storeUrl,
      workers: options.serverWorkers,
      // The whole fleet comes from one address.
      maxConnections: 1_000_000,
      maxConnectionsPerAddress: 1_000_000,
      legacyTls: options.legacyTls,
      logLevel: 'error',
    }),
  })
  return {
    address: group.address,
    certificateDer: certificate.certificateDer,
    storeUrl,
    report: () => group.freshReport(),
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  }
}
