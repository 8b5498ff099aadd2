import { ROLES } from '@capfkit/codec/tlv'
import { MODELS } from '@capfkit/phone'
import { type CertificateAndKey, certificateAndKey, newServiceCertificate } from '@capfkit/pki'
import { type DeviceStore, newCertificateAndKey, phoneRecords } from '@capfkit/server'
import { DeviceFiles, FileServer } from '@capfkit/tftp'
import { CertificateStore, TvsServer } from '@capfkit/tvs'
import type { BootTarget } from './boot.ts'
import { mixOf } from './mix.ts'
import type { FleetOptions } from './options.ts'

/** The services beside CAPF that a phone meets when it boots, for the time of a run. */
export type EmbeddedCluster = AsyncDisposable & { readonly bootTarget: BootTarget }

const HOST = '127.0.0.1'
const ANY_PORT = `${HOST}:0`
/** The whole fleet comes from one address. */
const LIMITS = { maxConnections: 1_000_000, maxConnectionsPerAddress: 1_000_000, logLevel: 'error' } as const
const CACHE_BYTES = 268_435_456

const now = () => new Date()

const newCertificate = async (name: string): Promise<CertificateAndKey> => {
  const { certificateDer, keyPair } = await newServiceCertificate({ subject: [{ type: 'CN', value: name }], now })
  return certificateAndKey(certificateDer, keyPair.privateKey)
}

/**
 * File server and TVS for a CAPF server that runs already. They run in this process, which has little else to do during a run.
 *
 * @param init.store  the device store of the CAPF server: what is pending for a phone stands in its configuration.
 */
export const startEmbeddedCluster = async (init: {
  options: FleetOptions
  capf: { address: { port: number }; certificateDer: Buffer }
  store: DeviceStore
}): Promise<EmbeddedCluster> => {
  const { options, capf, store } = init
  await using stack = new AsyncDisposableStack()
  const [tftp, recovery, tvs] = await Promise.all(['fleet-tftp', 'ITLRECOVERY_fleet', 'fleet-tvs'].map(newCertificate))
  const trusted = [
    { certificateDer: capf.certificateDer, roles: [ROLES.CAPF.number] },
    { certificateDer: tftp!.certificateDer, roles: [ROLES['CCM+TFTP'].number] },
  ]
  const tvsServer = stack.use(
    await TvsServer.start({
      store: new CertificateStore(trusted),
      certificate: tvs!,
      options: { ...LIMITS, listen: ANY_PORT, legacyTls: options.legacyTls },
    }),
  )
  // Between a regeneration of the CAPF certificate and the next list, phones have a record of the old one, and ask.
  const listed = options.bootTrust === 'list' ? capf.certificateDer : (await newCertificateAndKey(now())).certificateDer
  const source = await DeviceFiles.create({
    cluster: {
      tftp: tftp!,
      recovery: recovery!,
      certificates: { CAPF: [listed], TVS: [tvs!.certificateDer] },
      // Phones without Security By Default ask for no ITL: what they trust stands in the CTL of a mixed cluster.
      isMixed: mixOf(options).models.some(
        ({ name, weight }) => weight > 0 && !MODELS[name].trustLists.some(list => list === 'ITL'),
      ),
      config: {
        tvs: [{ priority: 0, port: tvsServer.address.port, address: HOST }],
        capfList: [{ phonePort: capf.address.port, processNodeName: HOST }],
      },
    },
    devices: phoneRecords(store),
    cacheBytes: CACHE_BYTES,
    now,
  })
  const files = stack.use(await FileServer.start({ source, options: { ...LIMITS, listen: ANY_PORT, http: ANY_PORT } }))
  const running = stack.move()
  const { tftp: udp, http } = files.addresses
  return {
    bootTarget: { host: HOST, options: { httpPort: http.port, tftpPort: udp!.port, capfPort: capf.address.port } },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
