import { fork } from 'node:child_process'
import { newCertificateAndKey } from '@capfkit/server'
import { ask } from './ask.ts'
import { median } from './report.ts'

/** What a TLS connection costs in Node with nothing on top: connect, handshake, one byte each way, close. */
export type BareCost = { serverMs: number; clientMs: number; ratePerSecond: number }

type Told = { cpuMs: number; seconds: number }

/** Medians after one round to warm up. */
export const measureBareTls = async (what: {
  version: 'TLSv1.2' | 'TLSv1.3'
  concurrency: number
  connections: number
  rounds: number
}): Promise<BareCost> => {
  const { certificatePem, keyPem } = await newCertificateAndKey(new Date())
  const program = new URL('./bare-process.ts', import.meta.url)
  const server = fork(program, ['server'])
  const client = fork(program, ['client'])
  try {
    const { port } = await ask<{ port: number }>(server, { certificatePem, keyPem, version: what.version })
    const rounds: BareCost[] = []
    for (let round = 0; round <= what.rounds; round++) {
      const before = await ask<Told>(server, 'cpu')
      const { cpuMs, seconds } = await ask<Told>(client, {
        port,
        connections: what.connections,
        concurrency: what.concurrency,
        version: what.version,
      })
      const after = await ask<Told>(server, 'cpu')
      const { connections } = what
      if (round > 0)
        rounds.push({
          serverMs: (after.cpuMs - before.cpuMs) / connections,
          clientMs: cpuMs / connections,
          ratePerSecond: connections / seconds,
        })
    }
    return {
      serverMs: median(rounds.map(({ serverMs }) => serverMs)),
      clientMs: median(rounds.map(({ clientMs }) => clientMs)),
      ratePerSecond: median(rounds.map(({ ratePerSecond }) => ratePerSecond)),
    }
  } finally {
    server.kill()
    client.kill()
  }
}
