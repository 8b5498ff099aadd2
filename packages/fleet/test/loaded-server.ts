import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CertificateAndKey } from '@capfkit/pki'
import {
  CapfServer,
  type Device,
  type DeviceStore,
  newCertificateAndKey,
  openDeviceStore,
  type ServerOptions,
} from '@capfkit/server'

export const rowsOf = async (store: DeviceStore): Promise<Device[]> => {
  const rows: Device[] = []
  for await (const row of store.list()) rows.push(row)
  return rows
}

/** A CAPF server that is there before the fleet, with its store and certificate in a folder. */
export class LoadedServer implements AsyncDisposable {
  readonly #server: CapfServer
  readonly #store: DeviceStore
  readonly certificate: CertificateAndKey
  /** What a fleet is told of it. */
  readonly options: { server: string; capfCertificate: string; store: string }

  private constructor(server: CapfServer, init: { store: DeviceStore } & Pick<LoadedServer, 'certificate' | 'options'>) {
    this.#server = server
    this.#store = init.store
    this.certificate = init.certificate
    this.options = init.options
  }

  static async start(init: {
    folder: string
    micCas?: readonly Buffer[]
    options?: Partial<ServerOptions>
    /** Of its devices; a file in the folder without it. */
    store?: string
  }): Promise<LoadedServer> {
    const { folder, micCas = [], options = {} } = init
    const url = init.store ?? `sqlite:${join(folder, 'capf.db')}`
    const store = openDeviceStore(url)
    const certificate = await newCertificateAndKey(new Date())
    const capfCertificate = join(folder, 'capf.pem')
    writeFileSync(capfCertificate, certificate.certificatePem)
    const server = await CapfServer.start({ certificate, micCas, store, options: { listen: '127.0.0.1:0', ...options } })
    return new LoadedServer(server, {
      store,
      certificate,
      options: { server: `127.0.0.1:${server.address.port}`, capfCertificate, store: url },
    })
  }

  /** The device rows, in order of name. */
  rows(): Promise<Device[]> {
    return rowsOf(this.#store)
  }

  /** Sessions by operation and status. */
  get sessions(): Readonly<Record<string, number>> {
    return this.#server.counters.counts.sessions
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.cut()
    await this.#server.close(0)
    await this.#store[Symbol.asyncDispose]()
  }
}
