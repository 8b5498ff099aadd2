import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFleet } from '@capfkit/fleet'
import { newClusterCertificates } from '@capfkit/lab'
import { openDeviceStore } from '@capfkit/server'
import { ask } from './ask.ts'
import { median } from './report.ts'

export const LINKS = ['capf', 'ra', 'adcs'] as const
export type Link = (typeof LINKS)[number]
type Usage = { cpuMs: number; memoryBytes: number }

export type ChainCost = {
  ratePerSecond: number
  /** CPU for each enrolment, by link; local enrolments have CAPF's alone. */
  cpuMs: Partial<Record<Link, number>>
  memoryBytes: Partial<Record<Link, number>>
  p50Ms: number
  p99Ms: number
  failed: number
  done: number
}

const TEMPLATE = 'CiscoRA'
const plain = ({ certificateDer, keyPem }: { certificateDer: Buffer; keyPem: string }) => ({ certificateDer, keyPem })
const password = () => randomBytes(12).toString('hex')

/** CAPF with an Online CA, or with its embedded one, every link in a process of its own. */
export class MeasuredChain implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  readonly #links: Partial<Record<Link, ChildProcess>> = {}
  #address = ''

  static async start({ online, caDelayMs = 0 }: { online: boolean; caDelayMs?: number }): Promise<MeasuredChain> {
    const chain = new MeasuredChain()
    const { capf, ra } = await newClusterCertificates(() => new Date())
    const passwords = { ra: password(), adcs: password() }
    writeFileSync(join(chain.#folder, 'capf.pem'), capf.certificatePem)
    // The store is made before two processes open it.
    await using _ = openDeviceStore(chain.#store)
    const behind = online && {
      adcs: await chain.#start('adcs', { password: passwords.adcs, template: TEMPLATE, delayMs: caDelayMs }),
    }
    const { port } = behind ? (behind.adcs.address as { port: number }) : { port: 0 }
    const roots = behind ? behind.adcs.roots : []
    const front =
      behind &&
      (await chain.#start('ra', {
        certificate: plain(ra),
        password: passwords.ra,
        adcs: { port, roots, template: TEMPLATE, password: passwords.adcs },
      }))
    const { address } = await chain.#start('capf', {
      certificate: plain(capf),
      store: chain.#store,
      ...(front
        ? {
            chain: {
              ra: { address: front.address, certificateDer: ra.certificateDer, password: passwords.ra },
              roots,
              template: TEMPLATE,
            },
          }
        : {}),
    })
    chain.#address = `${address.host}:${address.port}`
    return chain
  }

  get #store(): string {
    return `sqlite:${join(this.#folder, 'devices.db')}`
  }

  /** Medians after one round to warm up. */
  async measure({ phones, concurrency, rounds }: { phones: number; concurrency: number; rounds: number }): Promise<ChainCost> {
    const costs: ChainCost[] = []
    for (let index = 0; index <= rounds; index++) costs.push(await this.#round({ phones, concurrency }))
    const measured = costs.slice(1)
    const each = (value: (cost: ChainCost) => number) => median(measured.map(value))
    const links = LINKS.filter(link => this.#links[link])
    const byLink = (value: (cost: ChainCost, link: Link) => number) =>
      Object.fromEntries(links.map(link => [link, each(cost => value(cost, link))]))
    return {
      ratePerSecond: each(cost => cost.ratePerSecond),
      cpuMs: byLink((cost, link) => cost.cpuMs[link]!),
      memoryBytes: byLink((cost, link) => cost.memoryBytes[link]!),
      p50Ms: each(cost => cost.p50Ms),
      p99Ms: each(cost => cost.p99Ms),
      failed: costs.reduce((sum, { failed }) => sum + failed, 0),
      done: measured.reduce((sum, { done }) => sum + done, 0),
    }
  }

  async #round({ phones, concurrency }: { phones: number; concurrency: number }): Promise<ChainCost> {
    const before = await this.#usage()
    const summary = await runFleet({
      options: {
        server: this.#address,
        capfCertificate: join(this.#folder, 'capf.pem'),
        store: this.#store,
        phones,
        concurrency,
        poolKeys: 64,
        processes: 1,
        signRequests: true,
        maxFailed: '100%',
      },
    })
    const after = await this.#usage()
    const links = Object.keys(after) as Link[]
    const { done, failed, ratePerSecond, latencyMs } = summary
    const cpuMs = Object.fromEntries(links.map(link => [link, (after[link]!.cpuMs - before[link]!.cpuMs) / Math.max(1, done)]))
    const memoryBytes = Object.fromEntries(links.map(link => [link, after[link]!.memoryBytes]))
    return { ratePerSecond, cpuMs, memoryBytes, p50Ms: latencyMs.actual.p50, p99Ms: latencyMs.actual.p99, failed, done }
  }

  async #usage(): Promise<Partial<Record<Link, Usage>>> {
    const usage: Partial<Record<Link, Usage>> = {}
    for (const [link, child] of Object.entries(this.#links) as [Link, ChildProcess][])
      usage[link] = await ask<Usage>(child, 'usage')
    return usage
  }

  #start(link: Link, start: object): Promise<{ address: { host: string; port: number }; roots: readonly Uint8Array[] }> {
    const child = fork(new URL('./chain-process.ts', import.meta.url), [link], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#links[link] = child
    return ask(child, start)
  }

  [Symbol.dispose](): void {
    for (const child of Object.values(this.#links)) child.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
