import { type ChildProcess, fork } from 'node:child_process'
import { newCertificateAndKey } from '@capfkit/server'
import { ask } from './ask.ts'
import { median } from './report.ts'

export type TvsCost = { ratePerSecond: number; serverMs: number; clientMs: number; p99Ms: number; failed: number }

type Round = { cpuMs: number; seconds: number; answered: number; failed: number; p99Ms: number }

/** How many certificates the store has; one is asked about. */
const CERTIFICATES = 20

/** A TVS in a process of its own, and what asking it costs. */
export class MeasuredTvs implements Disposable {
  readonly #server: ChildProcess
  readonly #client: ChildProcess
  #port = 0
  #certificate: Buffer = Buffer.alloc(0)

  private constructor() {
    const program = new URL('./tvs-process.ts', import.meta.url)
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const
    this.#server = fork(program, ['server'], { serialization: 'advanced', stdio: [...stdio] })
    this.#client = fork(program, ['client'], { serialization: 'advanced', stdio: [...stdio] })
  }

  static async start(): Promise<MeasuredTvs> {
    const measured = new MeasuredTvs()
    const { certificatePem, keyPem } = await newCertificateAndKey(new Date())
    const trusted: Buffer[] = []
    while (trusted.length < CERTIFICATES) trusted.push((await newCertificateAndKey(new Date())).certificateDer)
    measured.#certificate = trusted[0]!
    measured.#port = (await ask<{ port: number }>(measured.#server, { certificatePem, keyPem, trusted })).port
    return measured
  }

  /** Medians after one round to warm up; CPU is for each request, its share of the connection included. */
  async measure(what: {
    version: 'TLSv1.2' | 'TLSv1.3'
    concurrency: number
    connections: number
    requestsEach: number
    rounds: number
  }): Promise<TvsCost> {
    const { rounds: count, ...round } = what
    const rounds: (TvsCost & { failed: number })[] = []
    for (let index = 0; index <= count; index++) {
      const before = await ask<{ cpuMs: number }>(this.#server, 'cpu')
      const { cpuMs, seconds, answered, failed, p99Ms } = await ask<Round>(this.#client, {
        ...round,
        port: this.#port,
        certificate: this.#certificate,
      })
      const after = await ask<{ cpuMs: number }>(this.#server, 'cpu')
      rounds.push({
        ratePerSecond: answered / seconds,
        serverMs: (after.cpuMs - before.cpuMs) / answered,
        clientMs: cpuMs / answered,
        p99Ms,
        failed,
      })
    }
    const each = (value: (round: TvsCost) => number) => median(rounds.slice(1).map(value))
    return {
      ratePerSecond: each(({ ratePerSecond }) => ratePerSecond),
      serverMs: each(({ serverMs }) => serverMs),
      clientMs: each(({ clientMs }) => clientMs),
      p99Ms: each(({ p99Ms }) => p99Ms),
      // All rounds: one failure is one too many.
      failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    }
  }

  [Symbol.dispose](): void {
    this.#server.kill()
    this.#client.kill()
  }
}
