import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@capfkit/listen'
import { newCertificateAndKey } from '@capfkit/server'
import { cpuMsOf } from './cpu.ts'
import { median } from './report.ts'

/** What an enrolment cannot cost less than, in ms CPU, measured with the openssl program. */
export type Floor = { signMs: number; handshakeMs: Record<'TLSv1.2' | 'TLSv1.3', number> }

const ROUNDS = 3
const run = promisify(execFile)

/** `openssl speed` divides by the CPU time that it used. */
const signMs = (seconds: number): number => {
  const output = execFileSync('openssl', ['speed', '-seconds', String(seconds), 'rsa2048'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const match = /rsa 2048 bits\s+([\d.]+)s/.exec(output)
  if (!match) throw new Error(`openssl speed said something unexpected:\n${output}`)
  // The first column is printed with few digits: signatures per second, the third, has more.
  const perSecond = /rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)/.exec(output)
  return 1000 / Number(perSecond?.[1])
}

const listening = (server: ChildProcess) =>
  new Promise<void>(resolve => {
    server.stdout?.on('data', text => {
      if (String(text).includes('ACCEPT')) resolve()
    })
  })

const handshakeMs = async (
  folder: string,
  { flag, seconds }: { flag: '-tls1_2' | '-tls1_3'; seconds: number },
): Promise<number> => {
  const pem = join(folder, 'server.pem')
  const port = await freePort()
  const server = spawn(
    'openssl',
    ['s_server', '-accept', `127.0.0.1:${port}`, '-key', pem, '-cert', pem, flag, '-no_ticket', '-num_tickets', '0'],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  )
  try {
    await listening(server)
    const before = cpuMsOf(server.pid!)
    // Not the synchronous call: somebody must go on reading what the server prints, or it stands still.
    const client = await run('openssl', ['s_time', '-connect', `127.0.0.1:${port}`, '-new', '-time', String(seconds), flag], {
      encoding: 'utf8',
    })
    const connections = Number(/(\d+) connections in \d+ real seconds/.exec(client.stdout)?.[1])
    if (!(connections > 0)) throw new Error(`openssl s_time said something unexpected:\n${client.stdout}${client.stderr}`)
    return (cpuMsOf(server.pid!) - before) / connections
  } finally {
    server.kill()
  }
}

const medianOf = async (measure: () => number | Promise<number>): Promise<number> => {
  const values: number[] = []
  for (let round = 0; round < ROUNDS; round++) values.push(await measure())
  return median(values)
}

/** Medians of three rounds each. */
export const measureFloor = async ({ seconds }: { seconds: number }): Promise<Floor> => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  try {
    const { certificatePem, keyPem } = await newCertificateAndKey(new Date())
    writeFileSync(join(folder, 'server.pem'), certificatePem + keyPem, { mode: 0o600 })
    return {
      signMs: await medianOf(() => signMs(seconds)),
      handshakeMs: {
        'TLSv1.2': await medianOf(() => handshakeMs(folder, { flag: '-tls1_2', seconds })),
        'TLSv1.3': await medianOf(() => handshakeMs(folder, { flag: '-tls1_3', seconds })),
      },
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
