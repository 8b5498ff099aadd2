import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseOptions } from '@capfkit/codec/options'
import { type LatencySummary, runFleet } from '@capfkit/fleet'
import { newCertificateAndKey, openDeviceStore, SERVER_OPTIONS, ServerGroup } from '@capfkit/server'

export type WaitingCost = {
  phones: number
  waiting: number
  memoryBeforeMb: number
  memoryMb: number
  before: LatencySummary
  during: LatencySummary
  failed: number
}

const OTHERS = 400
/** Well below what the machine can do, so that latency says something of the server and not of the queue before it. */
const OTHERS_PER_SECOND = 40
const MB = 1_000_000

/** Phones that hang in key generation, and others that enrol by a schedule beside them. */
export const measureWaiting = async ({ phones }: { phones: number }): Promise<WaitingCost> => {
  const folder = mkdtempSync(join(tmpdir(), 'capf-bench-'))
  const certificate = await newCertificateAndKey(new Date())
  const store = `sqlite:${join(folder, 'devices.db')}`
  const capfCertificate = join(folder, 'capf.pem')
  writeFileSync(capfCertificate, certificate.certificatePem)
  const nameOf = (index: number) => `SEP${index.toString(16).toUpperCase().padStart(12, '0')}`
  {
    await using devices = openDeviceStore(store)
    await devices.add(Array.from({ length: phones }, (_, index) => ({ name: nameOf(index), operation: 'install' as const })))
  }
  const options = parseOptions(SERVER_OPTIONS, {
    listen: '127.0.0.1:0',
    store,
    workers: 2,
    maxConnections: 1_000_000,
    maxConnectionsPerAddress: 1_000_000,
    logLevel: 'error',
  })
  await using group = await ServerGroup.start({ certificate, options })
  const { host, port } = group.address
  const enrolOthers = () =>
    runFleet({
      options: {
        server: `${host}:${port}`,
        capfCertificate,
        store,
        phones: OTHERS,
        rate: OTHERS_PER_SECOND,
        poolKeys: 32,
        processes: 1,
      },
    })
  // The first run warms the server up.
  await enrolOthers()
  const before = await enrolOthers()
  const memoryBeforeMb = (await group.freshReport()).memoryBytes / MB
  const waiters = fork(new URL('./waiting-process.ts', import.meta.url), [], { serialization: 'advanced' })
  try {
    const settled = new Promise<number>(resolve => waiters.once('message', message => resolve(message as number)))
    waiters.send({ phones, host, port, certificateDer: certificate.certificateDer })
    const waiting = await settled
    await delay(1000)
    const during = await enrolOthers()
    const report = await group.freshReport()
    return {
      phones,
      waiting: Math.min(waiting, report.sessions),
      memoryBeforeMb,
      memoryMb: report.memoryBytes / MB,
      before: before.latencyMs.scheduled,
      during: during.latencyMs.scheduled,
      failed: before.failed + during.failed + phones - waiting,
    }
  } finally {
    waiters.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
