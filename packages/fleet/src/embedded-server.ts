import { join } from 'node:path'
import { parseOptions } from '@capfkit/codec/options'
import type { CertificateAndKey } from '@capfkit/pki'
import { type GroupReport, openDeviceStore, SERVER_OPTIONS, ServerGroup } from '@capfkit/server'
import type { FleetOptions } from './options.ts'
import { RUN_FOLDER_FILES } from './resume/run-folder.ts'

/** A server that runs in processes of its own for the time of a run. */
export type EmbeddedServer = AsyncDisposable & {
  address: { host: string; port: number }
  certificateDer: Buffer
  storeUrl: string
  report(): Promise<GroupReport>
}

export const startEmbeddedServer = async (init: {
  options: FleetOptions
  /** Where its device store is, or goes. */
  folder: string
  certificate: CertificateAndKey
  micCa: { certificateDer: Buffer }
}): Promise<EmbeddedServer> => {
  const { options, folder, micCa, certificate } = init
  const storeUrl = `sqlite:${join(folder, RUN_FOLDER_FILES.devices)}`
  {
    // The server of before may have been killed in the middle of sessions.
    await using store = openDeviceStore(storeUrl)
    await store.leaveAll()
  }
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
