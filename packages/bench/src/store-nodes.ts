import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runFleet } from '@capfkit/fleet'
import type { newClusterCertificates } from '@capfkit/lab'
import { openDeviceStore } from '@capfkit/server'
import { ask } from './ask.ts'

export type NodesCost = { ratePerSecond: number; serverMs: number; p99Ms: number; failed: number }

type Usage = { cpuMs: number }
type Certificate = Awaited<ReturnType<typeof newClusterCertificates>>['capf']

/** So many CAPF servers of one process each on one store and one port, among which the kernel spreads the phones. */
export class MeasuredNodes implements Disposable {
  readonly #nodes: ChildProcess[] = []
  readonly #store: string
  readonly #certificateFile: string
  readonly #names: string[] = []
  #address = ''

  private constructor(store: string, certificateFile: string) {
    this.#store = store
    this.#certificateFile = certificateFile
  }

  static async start(init: { store: string; nodes: number; capf: Certificate; folder: string }): Promise<MeasuredNodes> {
    const { store, nodes, capf, folder } = init
    const file = join(folder, 'capf.pem')
    writeFileSync(file, capf.certificatePem)
    const measured = new MeasuredNodes(store, file)
    // The store is made before two processes open it.
    await using _ = openDeviceStore(store)
    const { certificateDer, keyPem } = capf
    for (let index = 0; index < nodes; index++) {
      const child = fork(new URL('./chain-process.ts', import.meta.url), ['capf'], {
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      measured.#nodes.push(child)
      const listen = measured.#address === '' ? {} : { listen: measured.#address }
      const { address } = await ask<{ address: { host: string; port: number } }>(child, {
        certificate: { certificateDer, keyPem },
        store,
        ...listen,
        reusePort: nodes > 1,
      })
      measured.#address = `${address.host}:${address.port}`
    }
    return measured
  }

  /** What a fleet is told of them. */
  get target(): { server: string; capfCertificate: string; store: string } {
    return { server: this.#address, capfCertificate: this.#certificateFile, store: this.#store }
  }

  /** Makes the devices, and everything warm: the engine still compiles in the second round. */
  async warmUp(phones: number): Promise<void> {
    await this.#enrol({ phones, store: this.#store })
    await using store = openDeviceStore(this.#store)
    for await (const { name } of store.list()) this.#names.push(name)
    await this.measure()
  }

  /** All phones enrol once. What orders it is not measured. @param around  told before the first and after the last. */
  async measure(around: () => Promise<void> = async () => {}): Promise<NodesCost> {
    {
      await using store = openDeviceStore(this.#store)
      for (const name of this.#names) await store.change(name, { operation: 'install' })
    }
    await around()
    const before = await this.#cpuMs()
    const { done, failed, ratePerSecond, latencyMs } = await this.#enrol({ phones: this.#names.length })
    const after = await this.#cpuMs()
    await around()
    return { ratePerSecond, serverMs: (after - before) / Math.max(1, done), p99Ms: latencyMs.actual.p99, failed }
  }

  async #enrol(options: { phones: number; store?: string }) {
    const common = { capfCertificate: this.#certificateFile, concurrency: 64, poolKeys: 64, processes: 1, maxFailed: '100%' }
    return runFleet({ options: { server: this.#address, ...common, ...options } })
  }

  async #cpuMs(): Promise<number> {
    let sum = 0
    for (const node of this.#nodes) sum += (await ask<Usage>(node, 'usage')).cpuMs
    return sum
  }

  [Symbol.dispose](): void {
    for (const node of this.#nodes) node.kill()
  }
}
