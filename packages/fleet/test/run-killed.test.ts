import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseOptions } from '@capfkit/codec/options'
import { newCertificateAndKey, openDeviceStore, SERVER_OPTIONS, ServerGroup } from '@capfkit/server'
import t from 'tap'
import { type FleetProgress, runFleet } from '../src/index.ts'
import { rowsOf } from './loaded-server.ts'

/** A server in a process of its own, which can be killed; it is started again a second later. */
const startGroup = async (folder: string) => {
  const store = `sqlite:${join(folder, 'capf.db')}`
  const certificate = await newCertificateAndKey(new Date())
  const capfCertificate = join(folder, 'capf.pem')
  writeFileSync(capfCertificate, certificate.certificatePem)
  const options = parseOptions(SERVER_OPTIONS, { listen: '127.0.0.1:0', store, workers: 1, logLevel: 'silent' })
  const group = await ServerGroup.start({ certificate, options })
  return { group, target: { server: `127.0.0.1:${group.address.port}`, capfCertificate, store } }
}

t.test('a server that is killed in the middle: the run ends, every failure is counted, and no order is lost', async t => {
  const { group, target } = await startGroup(t.testdir())
  await using _ = group
  let isKilled = false
  const onProgress = (progress: FleetProgress) => {
    if (isKilled || progress.stage !== 'phase' || progress.done < 20) return
    isKilled = true
    for (const pid of group.pids) process.kill(pid, 'SIGKILL')
  }
  const phones = 500
  const options = { ...target, key: 'ec:p256', phones, rate: 250, keyGenerationDelayMs: 20, processes: 1 }
  const { done, failed, failures, planned } = await runFleet({ options, onProgress })
  t.ok(isKilled)
  t.equal(done + failed, planned)
  t.ok(done >= 20 && failed > 0, `${done} done, ${failed} failed`)
  t.equal(
    failures.reduce((sum, { count }) => sum + count, 0),
    failed,
  )
  t.ok(
    failures.every(({ side }) => side === 'server' || side === 'network'),
    JSON.stringify(failures),
  )
  t.ok(failures.some(({ phase }) => phase === 'connect'))
  await using devices = openDeviceStore(target.store)
  const rows = await rowsOf(devices)
  const enrolled = rows.filter(({ operation, status, certificate }) => operation === 'none' && status === 3 && certificate)
  const pending = rows.filter(({ operation, certificate }) => operation === 'install' && !certificate)
  t.equal(enrolled.length + pending.length, phones, 'each has its certificate or its order')
  t.ok(enrolled.length >= done, 'whoever was told that it is done, is on record')
})
