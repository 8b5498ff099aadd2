import { type ChildProcess, fork } from 'node:child_process'
import { newCertificateAndKey } from '@capfkit/server'
import { ask } from './ask.ts'
import type { FileTransport } from './files-process.ts'
import { median } from './report.ts'

export type FileCost = { ratePerSecond: number; serverMs: number; p50Ms: number; p99Ms: number; failed: number }

type Round = { cpuMs: number; seconds: number; fetched: number; failed: number; p50Ms: number; p99Ms: number }

/** What is asked for: the same file of everybody, or one that is signed for each phone, the first time or again. */
export type Wanted = 'ITLFile.tlv' | 'made' | 'made again'

/** A file server in a process of its own, and what asking it costs. */
export class MeasuredFiles implements Disposable {
  readonly #server: ChildProcess
  readonly #client: ChildProcess
  #ports: Readonly<Record<FileTransport, number>> = { tftp: 0, http: 0, bare: 0 }
  #phones = 0

  private constructor() {
    const program = new URL('./files-process.ts', import.meta.url)
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const
    this.#server = fork(program, ['server'], { stdio: [...stdio] })
    this.#client = fork(program, ['client'], { stdio: [...stdio] })
  }

  static async start(): Promise<MeasuredFiles> {
    const measured = new MeasuredFiles()
    const { certificatePem, keyPem } = await newCertificateAndKey(new Date())
    measured.#ports = await ask(measured.#server, { certificatePem, keyPem })
    return measured
  }

  #names(wanted: Wanted, phones: number): string[] {
    if (wanted === 'made') this.#phones += phones
    const first = this.#phones - phones
    return Array.from({ length: phones }, (_, index) => (wanted === 'ITLFile.tlv' ? wanted : `SEP${first + index}.cnf.xml.sgn`))
  }

  /** Medians after one round to warm up. */
  async measure(what: { transport: FileTransport; wanted: Wanted; phones: number; rounds: number }): Promise<FileCost> {
    const { transport, wanted, phones, rounds: count } = what
    const rounds: FileCost[] = []
    for (let index = 0; index <= count; index++) {
      const names = this.#names(wanted, phones)
      const before = await ask<{ cpuMs: number }>(this.#server, 'cpu')
      const { seconds, fetched, failed, p50Ms, p99Ms } = await ask<Round>(this.#client, {
        transport,
        port: this.#ports[transport],
        names,
      })
      const after = await ask<{ cpuMs: number }>(this.#server, 'cpu')
      rounds.push({ ratePerSecond: fetched / seconds, serverMs: (after.cpuMs - before.cpuMs) / fetched, p50Ms, p99Ms, failed })
    }
    const each = (value: (round: FileCost) => number) => median(rounds.slice(1).map(value))
    return {
      ratePerSecond: each(({ ratePerSecond }) => ratePerSecond),
      serverMs: each(({ serverMs }) => serverMs),
      p50Ms: each(({ p50Ms }) => p50Ms),
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
