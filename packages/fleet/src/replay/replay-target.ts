import { parseAddress } from '@capfkit/listen'
import { type DeviceStore, openDeviceStore } from '@capfkit/server'
import type { BootTarget } from '../boot.ts'
import { startEmbeddedCluster } from '../embedded-cluster.ts'
import { startEmbeddedServer } from '../embedded-server.ts'
import { FleetError } from '../errors.ts'
import type { FleetOptions } from '../options.ts'
import { capfCertificateOf } from '../resume/authorities.ts'
import { type ManufacturingCa, trustedCertificates } from '../run-files.ts'
import { newTemporaryFolder } from '../temporary-folder.ts'

/** Whom the phone meets when it is played again. */
export type ReplayTarget = AsyncDisposable & {
  readonly target: { host: string; port: number }
  readonly trusted: readonly Buffer[]
  readonly store: DeviceStore | undefined
  readonly bootTarget: BootTarget | undefined
}

/**
 * The server of the run where it was one of others, or a new embedded one with an empty store: what the phone leaves there does not
 * touch the run.
 *
 * @throws {FleetError}
 */
export const openReplayTarget = async (options: FleetOptions, micCa: ManufacturingCa): Promise<ReplayTarget> => {
  await using stack = new AsyncDisposableStack()
  const { server, store: storeUrl, capfCertificate, bootServer, boot } = options
  if (!options.embedded) {
    if (server === undefined) throw new FleetError('FLEET_NO_SERVER', 'fleet replay')
    const store = storeUrl === undefined ? undefined : stack.use(openDeviceStore(storeUrl))
    const trusted = trustedCertificates(capfCertificate)
    const running = stack.move()
    return {
      ...{ target: parseAddress(server), trusted, store },
      bootTarget: bootServer === undefined ? undefined : { host: bootServer, options: {} },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  }
  const { path: folder } = stack.use(await newTemporaryFolder())
  const certificate = await capfCertificateOf(undefined)
  const own = stack.use(await startEmbeddedServer({ options: { ...options, serverWorkers: 1 }, folder, micCa, certificate }))
  const store = stack.use(openDeviceStore(own.storeUrl))
  const cluster = boot === '0%' ? undefined : stack.use(await startEmbeddedCluster({ options, capf: own, store }))
  const running = stack.move()
  return {
    ...{ target: own.address, trusted: [own.certificateDer], store, bootTarget: cluster?.bootTarget },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
